/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane.h - who obeys the weights: write them, read back what was accepted.
 *
 * One small file for each kind (haproxy.c, httproute.c, virtualservice.c), each a pure
 * function from weights to what is sent, and a thin applier around it.
 */
#ifndef DATAPLANE_DATAPLANE_H
#define DATAPLANE_DATAPLANE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"
#include "route/route.h"

struct dataplane_arm {
    double applied; /* share of traffic that the data plane will send; NAN: unknown */
    bool ready;     /* it has a live backend */
};

/* What is in force, and what those who route by it say of it. */
struct dataplane_report {
    struct dataplane_arm arms[ROUTE_ARMS_MAX]; /* spec.arm_count of them */
    uint32_t units; /* weights are whole numbers of so many; 0: finer, or not known */
    /* REASON_NONE: it is taken up, or nobody says; REASON_PENDING: not yet;
     * anything else: not, and why */
    enum reason trouble;
    char message[160];
};

struct dataplane;

/* Read what is in force now; *report is untouched on failure. ERR_INVALID: there is no
 * such backend or server; ERR_NOT_FOUND: nor such an object, or nobody serves its kind;
 * anything else: the data plane could not be reached. Any thread. */
bool dataplane_read(struct dataplane *d, const struct bandit_route *r,
                    struct dataplane_report *report, struct error *err);

/* Write, then read back. Only weights are touched. Errors as above. A positive weight
 * never becomes zero on the way, however small it is. */
bool dataplane_write(struct dataplane *d, const struct bandit_route *r,
                     const double *weights, struct dataplane_report *report,
                     struct error *err);

/* Of two routes that name the same target: would both set the same weight there, as far
 * as what is there tells? Any thread. */
bool dataplane_overlaps(struct dataplane *d, const struct bandit_route *a,
                        const struct bandit_route *b);

/* The route is over: its key is told no more. Any thread. */
void dataplane_forget(struct dataplane *d, const struct bandit_route *r);

/* Has it started anew since the last call, so that weights set at run time may be lost?
 * The first answer is no. One thread at a time. */
bool dataplane_restarted(struct dataplane *d, bool *yes, struct error *err);

/* Called with the key ("namespace/name") of a route whose report may be another now than
 * what was read last. From any thread; it may not call back. */
typedef void dataplane_changed_fn(void *arg, const char *key);

/* Tell fn from now on, where the data plane can; NULL: nobody, once this returns. */
void dataplane_listen(struct dataplane *d, dataplane_changed_fn *fn, void *arg);

void dataplane_free(struct dataplane *d);
DEFINE_FREEP(struct dataplane *, dataplane_free)

/* HAProxy's runtime API over its UNIX socket: backend = spec.targetRef.name, server =
 * arm. */
struct dataplane *dataplane_haproxy(const char *socket_path);

#endif

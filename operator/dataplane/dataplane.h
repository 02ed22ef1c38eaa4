/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane.h - who obeys the weights: write them, read back what was accepted.
 *
 * One small file for each kind (haproxy.c, later httproute.c, virtualservice.c), each a
 * pure function from weights to what is sent, and a thin applier around it.
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

struct dataplane;

/* Read what is in force now. arms has spec.arm_count elements and is untouched on
 * failure. ERR_INVALID: there is no such backend or server; anything else: the data plane
 * could not be reached. Any thread. */
bool dataplane_read(struct dataplane *d, const struct bandit_route *r,
                    struct dataplane_arm *arms, struct error *err);

/* Write, then read back into arms. Only weights are touched. Errors as above. A positive
 * weight never becomes zero on the way, however small it is. */
bool dataplane_write(struct dataplane *d, const struct bandit_route *r,
                     const double *weights, struct dataplane_arm *arms,
                     struct error *err);

/* Has it started anew since the last call, so that weights set at run time may be lost?
 * The first answer is no. One thread at a time. */
bool dataplane_restarted(struct dataplane *d, bool *yes, struct error *err);

void dataplane_free(struct dataplane *d);
DEFINE_FREEP(struct dataplane *, dataplane_free)

/* HAProxy's runtime API over its UNIX socket: backend = spec.targetRef.name, server =
 * arm. */
struct dataplane *dataplane_haproxy(const char *socket_path);

#endif

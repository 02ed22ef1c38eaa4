/* SPDX-License-Identifier: Apache-2.0 */
/* lease_record.h - who leads: what a Lease says, what to do about it, and what to write.
 *
 * Pure. Whether a lease has run out is judged by our own clock since its record last
 * changed as seen by us, never by the times in it: those are another machine's. That
 * clock is clock_boot_ms(), which goes on while our machine is suspended, as others do.
 */
#ifndef KUBE_LEASE_RECORD_H
#define KUBE_LEASE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "json/json.h"

/* What Kubernetes' own controllers use. */
struct lease_timing {
    int64_t duration_ms;       /* others wait so long before they take it: 15 s */
    int64_t renew_deadline_ms; /* not renewed for so long, we stop leading: 10 s */
    int64_t retry_ms;          /* between two tries: 2 s */
};

#define LEASE_TIMING_DEFAULT                                               \
    {                                                                      \
        .duration_ms = 15000, .renew_deadline_ms = 10000, .retry_ms = 2000 \
    }

/* duration > renew_deadline > 1.2 retry > 0, and whole seconds of duration. */
bool lease_timing_check(const struct lease_timing *t, struct error *err);

struct lease_view {
    bool exists;
    bool held; /* by anybody; a released lease has no holder */
    bool held_by_us;
    int64_t changed_ms;  /* when the record was first seen as it is */
    int64_t duration_ms; /* that its holder may be silent */
};

enum lease_step {
    LEASE_CREATE,
    LEASE_TAKE,
    LEASE_RENEW,
    LEASE_WAIT,
};

enum lease_step lease_next(const struct lease_view *seen, const struct lease_timing *t,
                           int64_t now_ms);

/* How long somebody else's lease still lasts; 0 or less when it has run out, and when
 * nobody else holds it. */
int64_t lease_left_ms(const struct lease_view *seen, int64_t now_ms);

/* Look at the object as it was read at now_ms (NULL: there is none); *seen is what was
 * seen before, *record (free()) its text, by which a change is noticed. */
void lease_observe(struct lease_view *seen, char **record, const struct json *object,
                   const char *identity, const struct lease_timing *t, int64_t now_ms);

enum { LEASE_TIME_MAX = 40 };

/* MicroTime: RFC 3339 with exactly six decimals. */
const char *lease_time(int64_t wall_ms, char out[LEASE_TIME_MAX]);

/* The object to write: for LEASE_CREATE, LEASE_TAKE and LEASE_RENEW. object: as it was
 * read (its resourceVersion makes the write conditional), or NULL. */
struct json *lease_claim(const struct json *object, const char *namespace,
                         const char *name, const char *identity, enum lease_step step,
                         const struct lease_timing *t, int64_t wall_ms);

/* The object that gives it back. */
struct json *lease_released(const struct json *object, int64_t wall_ms);

#endif

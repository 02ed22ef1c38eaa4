/* SPDX-License-Identifier: Apache-2.0 */
/* decide.h - the decision: what was seen of a route's arms becomes new weights.
 *
 * A pure function: no I/O, no clock, no globals, no threads, no randomness of its own.
 * The same function runs in production, in shadow mode, in replay, in the simulator and
 * under the fuzzer.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route/route.h"

/* Of one arm and one objective, over the route's window. */
struct objective_observation {
    double good;   /* NAN: no such series */
    double events; /* NAN: no such series */
};

struct arm_observation {
    int64_t newest_ms; /* when the newest scrape of its counters was; 0: never seen */
    double applied;    /* weight read back from the data plane; NAN: not known */
    bool ready;        /* the data plane has a live backend for it */
    struct objective_observation objectives[ROUTE_OBJECTIVES_MAX];
};

/* What is known at one moment. A problem of the whole (no answer from Prometheus, a data
 * plane that is down) is told as a hold reason; arms[] is then not looked at, but for
 * `applied` and `ready` where `data_plane_known`. REASON_ARM_NOT_READY is no problem of
 * the data: an arm died between two decisions, and only its weight is to be moved. */
struct observation {
    int64_t asked_ms;    /* the moment that the windows end at; for the record only */
    enum reason problem; /* REASON_NONE when the queries were answered */
    char detail[160];    /* for people: which query, which status */
    bool data_plane_known;
    uint32_t units; /* the data plane counts weights in so many; see core_obeys() */
    struct arm_observation arms[ROUTE_ARMS_MAX];
};

enum core_event_type { EVENT_NORMAL, EVENT_WARNING };

struct core_event {
    enum core_event_type type;
    enum reason reason;
    char message[160];
};

enum { CORE_EVENTS_MAX = 8 };

struct decision {
    struct route_status status;     /* the next one */
    double weights[ROUTE_ARMS_MAX]; /* to be programmed; sum to one */
    bool write; /* false in Shadow and Frozen, or when applied already equals weights */
    enum verdict verdict;
    enum reason reason;
    double regret;           /* estimated, of the time since the last decision */
    double exploration_cost; /* the part of it that exploring explains */
    unsigned clamps;         /* rewards outside 0 to 1 that were cut */
    struct core_event events[CORE_EVENTS_MAX];
    size_t event_count;
};

/* out is zeroed, or of a decision about the same spec: the storage of its status is used
 * again. previous belongs to the same spec (route_status_init() for a new object) and is
 * not out's; what is later in it than now_ms counts as if it had been now (clocks are set
 * back). The order of steps: pin, mode, readiness, data checks, constraints, rewards,
 * policy, guardrails, rounding; a step that cannot go on says why in out->reason, and
 * weights stay as they are. */
void core_decide(const struct route_spec *spec, const struct route_status *previous,
                 const struct observation *seen, int64_t generation, int64_t now_ms,
                 struct decision *out);

/* The status decided takes the place of the one that it rests on. That one stays in the
 * decision, as storage for the next. */
void decision_accept(struct decision *d, struct route_status *status);

void decision_clear(struct decision *d);

/* A weight read back that is this near to the one decided obeys it, where it is not known
 * in what steps the data plane counts. */
#define CORE_WEIGHT_TOLERANCE 0.004

/* True when every applied weight is as desired. units: of a data plane that counts in so
 * many steps, weights have to be as rounding_units() has them; 0: not known. */
bool core_same_weights(const double *desired, const double *applied, size_t n,
                       uint32_t units);
bool core_obeys(const struct route_status *status, size_t arm_count, uint32_t units);

/* What the data plane said of itself. */
struct plane_answer {
    enum reason problem; /* REASON_NONE; REASON_PENDING: it is too early to tell */
    const char *message; /* of the problem */
    uint32_t units;      /* see core_obeys() */
};

/* Set the RouteProgrammed condition from status->arms[].applied and from what the data
 * plane said, and Ready with it: what is Active and not obeyed is not ready. For the
 * shell, once it has written. */
void core_programmed(struct route_status *status, const struct route_spec *spec,
                     const struct plane_answer *plane, int64_t generation,
                     int64_t now_ms);

#endif

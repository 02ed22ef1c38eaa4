/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile.h - make one route so: look, decide, program, write down.
 *
 * Level-based: given only a key, it reads what there is and acts on that, whatever made
 * the key come up. A decision is made when one is due; between two of them the data plane
 * is only kept at what was decided.
 */
#ifndef CONTROLLER_RECONCILE_H
#define CONTROLLER_RECONCILE_H

#include "controller/cache.h"
#include "controller/events.h"
#include "controller/metrics.h"
#include "controller/write_budget.h"
#include "dataplane/dataplane.h"
#include "journal/journal.h"

/* Which data plane obeys for which spec.targetRef.kind. */
struct dataplane_kind {
    const char *kind;
    struct dataplane *dataplane;
};

/* Fill in what the rewards tell of the route (see rewards_observe()); false when asked to
 * stop. seen->asked_ms holds the moment of the decision, which is to be asked for. */
typedef bool observe_fn(void *arg, const struct bandit_route *r,
                        struct observation *seen);

/* As store_write_status(). */
typedef bool save_fn(void *arg, const struct bandit_route *r, struct error *err);

/* As store_set_finalizer(). */
typedef bool finalizer_fn(void *arg, const char *key, bool on, struct error *err);

/* Is this process the one that writes, at this moment? Asked before each write to a data
 * plane. */
typedef bool may_write_fn(void *arg);

/* Deletion waits so long for a data plane that cannot be reached. */
enum { FAREWELL_PATIENCE_MS = 5 * 60 * 1000 };

struct reconciler {
    struct cache *cache;
    const struct dataplane_kind *kinds;
    size_t kind_count;
    struct operator_metrics *metrics;
    struct events *events;
    observe_fn *observe;
    void *observe_arg;
    save_fn *save;
    finalizer_fn *set_finalizer; /* NULL: deletion does not wait for us */
    void *save_arg;
    struct write_budget *budget; /* of save(); NULL: every status is written */
    may_write_fn *may_write;     /* or NULL */
    void *may_write_arg;
    struct journal *journal; /* every decision is written down there; or NULL */
};

struct moment {
    int64_t wall_ms, mono_ms;
};

/* The caller holds the key. *again_ms: the monotonic time to come back at in any case, or
 * INT64_MAX; a failure wants to be tried again sooner. */
enum reconcile_result reconcile(const struct reconciler *rc, const char *key,
                                struct moment now, int64_t *again_ms);

#endif

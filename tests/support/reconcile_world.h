/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile_world.h - reconcile() of a route, "default/digits" with the arms a, b and c,
 * and where it is not alone of others like it, in a world of a fake data plane, a fake
 * store and a clock that is told what time it is; each of their answers may be made to
 * fail. */
#ifndef SUPPORT_RECONCILE_WORLD_H
#define SUPPORT_RECONCILE_WORLD_H

#include "controller/reconcile.h"
#include "dataplane/dataplane_ops.h"

struct world {
    struct dataplane dataplane; /* first: the ops get it */
    double weights[ROUTE_ARMS_MAX];
    bool down[ROUTE_ARMS_MAX];
    enum error_kind failure; /* of the data plane */
    enum reason trouble;     /* what those who route by it say */
    bool apart;              /* no two routes set the same weight */
    unsigned dataplane_writes;

    const char *name;          /* the route that is run: "digits" */
    struct route_status saved; /* what the store has of it */
    bool has_saved;
    unsigned saves;
    struct route_status saved_other; /* and of any other */
    bool has_saved_other;

    bool deleting;        /* the object waits to be let go */
    bool finalizer;       /* the object has it */
    bool vanished;        /* deletion was waited for, and is over */
    bool deaf, no_leader; /* weights are taken and not kept; another process writes */
    struct write_budget *budget;

    double success[ROUTE_ARMS_MAX];
    enum reason problem;
    bool stopping;

    unsigned long io, fail_at; /* count of fallible calls; that one fails. 0: none */

    struct moment now;
    int64_t again_ms;
    struct cache *cache;
    struct metrics *registry;
    struct operator_metrics *metrics;
    struct events *events;
    struct dataplane_kind kinds[1];
    struct reconciler reconciler;
};

struct world *world_new(void);
void world_free(struct world *w);
DEFINE_FREEP(struct world *, world_free)

/* The operator starts: what it remembers is new, what it works with stays; and it ends.
 */
void world_boot(struct world *w);
void world_halt(struct world *w);

/* As the reconciler's, where deletion waits for it. */
finalizer_fn world_set_finalizer;

void world_pass(struct world *w, int64_t ms);

/* The store tells of the manifest with `from` replaced by `to`, at this generation. */
bool world_tell(struct world *w, const char *from, const char *to, int64_t generation);
bool world_tell_other(struct world *w, enum store_event_type type, const char *message);

/* One that was told of the manifest as it is. */
struct world *told_world(void);

enum reconcile_result world_run(struct world *w);

/* Decide n times, an interval apart. */
void world_decide(struct world *w, int n);

/* ---- looking -------------------------------------------------------------------------
 */

/* The sample behind that text in the page of metrics, or NAN. */
double world_metric(struct world *w, const char *line);
double world_drift_repairs(struct world *w);

/* RouteProgrammed as it was saved. */
enum condition_status world_programmed(const struct world *w, enum reason *why);

/* Weights sum to one, and the data plane has those that were decided. */
void world_assert_sane(const struct world *w);

#endif

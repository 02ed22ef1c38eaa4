/* SPDX-License-Identifier: Apache-2.0 */
/* claims.h - which routes want to set the weights of one and the same target.
 *
 * One that is Active or Frozen claims its target until its farewell is over; a Shadow
 * leaves it alone. Who was created first comes first, then whose
 * "namespace/name" does, as the Gateway API has it for routes that conflict. An index of
 * the cache's entries, without a lock of its own.
 */
#ifndef CONTROLLER_CLAIMS_H
#define CONTROLLER_CLAIMS_H

#include "route/route.h"

struct cache_entry;

struct claim {
    uint64_t target; /* hash; 0: none is claimed */
    int64_t created_ms;
    struct cache_entry *chain;
};

struct claims {
    struct cache_entry **buckets;
    size_t bucket_count, count;
};

void claims_clear(struct claims *c);

/* What the entry's route claims, from now on. */
void claims_put(struct claims *c, struct cache_entry *e, const struct bandit_route *r);
void claims_remove(struct claims *c, struct cache_entry *e);

/* Call fn for every other entry whose target has the same hash. */
typedef void claims_fn(void *arg, const struct cache_entry *e);
void claims_each_rival(const struct claims *c, const struct cache_entry *e, claims_fn *fn,
                       void *arg);

/* The first entry behind `after` (NULL: of all) that comes before e, by its claim on a
 * target of the same hash; or NULL. */
const struct cache_entry *claims_elder(const struct claims *c,
                                       const struct cache_entry *e,
                                       const struct cache_entry *after);

/* Do both name the same target? A backend of HAProxy is in no namespace. */
bool claims_same_target(const struct bandit_route *a, const struct bandit_route *b);

#endif

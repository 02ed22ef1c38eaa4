/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "controller/cache.h"

enum { FIRST_BUCKETS = 64 };

/* ---- targets -------------------------------------------------------------------------
 */

static const char *namespace_of(const struct bandit_route *r)
{
    return *r->spec.target.group ? r->namespace : "";
}

/* Not 0. The NULs between the words count, so that they do not run together. */
static uint64_t hash_of(const struct bandit_route *r)
{
    const char *const words[] = {r->spec.target.kind, namespace_of(r),
                                 r->spec.target.name};
    uint64_t hash = HASH_SEED;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        hash = hash_bytes(hash, words[i], strlen(words[i]) + 1);
    return hash ? hash : 1;
}

bool claims_same_target(const struct bandit_route *a, const struct bandit_route *b)
{
    return strcmp(a->spec.target.kind, b->spec.target.kind) == 0 &&
           strcmp(namespace_of(a), namespace_of(b)) == 0 &&
           strcmp(a->spec.target.name, b->spec.target.name) == 0;
}

/* ---- the index -----------------------------------------------------------------------
 */

static struct cache_entry **bucket_of(const struct claims *c, uint64_t target)
{
    return &c->buckets[target & (c->bucket_count - 1)];
}

static void hang(struct claims *c, struct cache_entry *e)
{
    struct cache_entry **at = bucket_of(c, e->claim.target);

    e->claim.chain = *at;
    *at = e;
}

static void grow(struct claims *c)
{
    struct cache_entry **old = c->buckets;
    size_t old_count = c->bucket_count;

    c->bucket_count = old_count ? 2 * old_count : FIRST_BUCKETS;
    c->buckets = mem_alloc(c->bucket_count, sizeof(struct cache_entry *));
    for (size_t i = 0; i < old_count; i++)
        for (struct cache_entry *e = old[i], *next; e; e = next) {
            next = e->claim.chain;
            hang(c, e);
        }
    free(old);
}

void claims_clear(struct claims *c)
{
    free(c->buckets);
    *c = (struct claims){.buckets = NULL};
}

void claims_remove(struct claims *c, struct cache_entry *e)
{
    struct cache_entry **at;

    if (!e->claim.target)
        return;
    at = bucket_of(c, e->claim.target);
    while (*at != e)
        at = &(*at)->claim.chain;
    *at = e->claim.chain;
    e->claim = (struct claim){.target = 0};
    c->count--;
}

void claims_put(struct claims *c, struct cache_entry *e, const struct bandit_route *r)
{
    claims_remove(c, e);
    if (r->spec.mode == MODE_SHADOW)
        return;
    if (c->count == c->bucket_count)
        grow(c);
    e->claim = (struct claim){.target = hash_of(r), .created_ms = r->created_ms};
    hang(c, e);
    c->count++;
}

void claims_each_rival(const struct claims *c, const struct cache_entry *e, claims_fn *fn,
                       void *arg)
{
    const struct cache_entry *rival =
        e->claim.target ? *bucket_of(c, e->claim.target) : NULL;

    for (; rival; rival = rival->claim.chain)
        if (rival != e && rival->claim.target == e->claim.target)
            fn(arg, rival);
}

/* ---- who comes first -----------------------------------------------------------------
 */

static bool precedes(const struct cache_entry *a, const struct cache_entry *b)
{
    if (a->claim.created_ms != b->claim.created_ms)
        return a->claim.created_ms < b->claim.created_ms;
    return strcmp(a->key, b->key) < 0;
}

struct search {
    const struct cache_entry *before, *after, *found;
};

static void consider(void *arg, const struct cache_entry *rival)
{
    struct search *s = arg;

    if (precedes(rival, s->before) && (!s->after || precedes(s->after, rival)) &&
        (!s->found || precedes(rival, s->found)))
        s->found = rival;
}

const struct cache_entry *claims_elder(const struct claims *c,
                                       const struct cache_entry *e,
                                       const struct cache_entry *after)
{
    struct search s = {.before = e, .after = after};

    claims_each_rival(c, e, consider, &s);
    return s.found;
}

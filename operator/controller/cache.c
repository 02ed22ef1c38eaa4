/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "route/route_json.h"

enum { FIRST_BUCKETS = 64 };

struct cache {
    pthread_mutex_t lock; /* guards what follows */
    struct cache_entry **buckets;
    size_t bucket_count, count, invalid;
    struct claims claims;
    claims_fn *on_rival; /* or NULL */
    void *on_rival_arg;
};

struct cache *cache_new(void)
{
    struct cache *c = mem_alloc(1, sizeof(*c));

    (void)pthread_mutex_init(&c->lock, NULL);
    c->bucket_count = FIRST_BUCKETS;
    c->buckets = mem_alloc(c->bucket_count, sizeof(struct cache_entry *));
    return c;
}

static void entry_free(struct cache_entry *e)
{
    route_free(e->route);
    free(e->resting);
    free(e->incoming);
    free(e->invalid);
    free(e->told_invalid);
    free(e->told_version);
    free(e->mark);
    free(e->key);
    free(e);
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->bucket_count; i++)
        for (struct cache_entry *e = c->buckets[i], *next; e; e = next) {
            next = e->chain;
            entry_free(e);
        }
    free(c->buckets);
    claims_clear(&c->claims);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

void cache_key(char key[CACHE_KEY_MAX], const char *namespace, const char *name)
{
    (void)snprintf(key, CACHE_KEY_MAX, "%s/%s", namespace, name);
}

/* ---- entries by key ------------------------------------------------------------------
 */

static size_t bucket_of(const struct cache *c, const char *key)
{
    return hash_text(HASH_SEED, key) & (c->bucket_count - 1);
}

static struct cache_entry **place_of(struct cache *c, const char *key)
{
    struct cache_entry **at = &c->buckets[bucket_of(c, key)];

    while (*at && strcmp((*at)->key, key) != 0)
        at = &(*at)->chain;
    return at;
}

static void grow(struct cache *c)
{
    struct cache_entry **old = c->buckets;
    size_t old_count = c->bucket_count;

    c->bucket_count *= 2;
    c->buckets = mem_alloc(c->bucket_count, sizeof(struct cache_entry *));
    for (size_t i = 0; i < old_count; i++)
        for (struct cache_entry *e = old[i], *next; e; e = next) {
            struct cache_entry **at = &c->buckets[bucket_of(c, e->key)];

            next = e->chain;
            e->chain = *at;
            *at = e;
        }
    free(old);
}

static struct cache_entry *find_or_make(struct cache *c, const char *key)
{
    struct cache_entry **at = place_of(c, key), *e = *at;

    if (e)
        return e;
    e = mem_alloc(1, sizeof(*e));
    e->key = mem_strdup(key);
    *at = e;
    if (++c->count > c->bucket_count)
        grow(c);
    return e;
}

/* ---- who claims the same target ------------------------------------------------------
 */

void cache_listen(struct cache *c, claims_fn *fn, void *arg)
{
    c->on_rival = fn;
    c->on_rival_arg = arg;
}

static void tell_rivals(struct cache *c, const struct cache_entry *e)
{
    if (c->on_rival)
        claims_each_rival(&c->claims, e, c->on_rival, c->on_rival_arg);
}

static void unclaim(struct cache *c, struct cache_entry *e)
{
    tell_rivals(c, e);
    claims_remove(&c->claims, e);
}

static void claim(struct cache *c, struct cache_entry *e, const struct bandit_route *r)
{
    unclaim(c, e);
    if (r->deleting && !r->finalizer) /* its farewell is over */
        return;
    claims_put(&c->claims, e, r);
    tell_rivals(c, e);
}

struct bandit_route *cache_elder(struct cache *c, const struct cache_entry *e,
                                 const char *after)
{
    const struct cache_entry *from, *elder = NULL;
    struct bandit_route *copy = NULL;

    (void)pthread_mutex_lock(&c->lock);
    from = after ? *place_of(c, after) : NULL;
    if (from || !after) /* else it is gone, and that is told */
        elder = claims_elder(&c->claims, e, from);
    if (elder)
        copy = route_unpack(elder->incoming ? elder->incoming : elder->resting);
    (void)pthread_mutex_unlock(&c->lock);
    return copy;
}

/* ---- the watching side ---------------------------------------------------------------
 */

static void set_invalid(struct cache *c, struct cache_entry *e, const char *message)
{
    c->invalid += (message != NULL) - (size_t)(e->told_invalid != NULL);
    free(e->told_invalid);
    e->told_invalid = message ? mem_strdup(message) : NULL;
    e->told_invalid_is_new = true;
}

static bool same_spec(const struct cache_entry *e, const struct bandit_route *r)
{
    return e->told_generation == r->generation &&
           e->told_uid == hash_text(HASH_SEED, r->uid) && e->told_deleting == r->deleting;
}

/* Our own writes of the status come back as events, too; of these only the version is
 * news, and no copy of the route is kept. */
static bool tell_upsert(struct cache *c, struct cache_entry *e,
                        const struct bandit_route *route)
{
    bool known = e->resting || e->incoming || e->route;
    bool revived = e->told_deleted || e->told_invalid;

    if (e->told_invalid)
        set_invalid(c, e, NULL);
    e->told_deleted = false;
    if (known && same_spec(e, route)) {
        free(e->told_version);
        e->told_finalizer =
            route->finalizer; /* who replaced the object may have lost it */
        e->told_version =
            *route->resource_version ? mem_strdup(route->resource_version) : NULL;
        return revived;
    }
    e->told_generation = route->generation;
    e->told_uid = hash_text(HASH_SEED, route->uid);
    e->told_deleting = route->deleting;
    free(e->incoming);
    e->incoming = route_pack(route);
    claim(c, e, route);
    return true;
}

bool cache_tell(struct cache *c, const struct store_event *event, char key[CACHE_KEY_MAX])
{
    bool news = false;
    struct cache_entry *e;

    if (event->type == STORE_SYNCED)
        return false;
    cache_key(key, event->namespace, event->name);
    (void)pthread_mutex_lock(&c->lock);
    e = event->type == STORE_DELETE ? *place_of(c, key) : find_or_make(c, key);
    if (event->type == STORE_UPSERT) {
        news = tell_upsert(c, e, event->route);
    } else if (event->type == STORE_INVALID) {
        news = !e->told_invalid || strcmp(e->told_invalid, event->message) != 0;
        if (news)
            set_invalid(c, e, event->message);
        news |= event->deleting && !e->told_deleting;
        e->told_deleting |= event->deleting;
    } else if (e) {
        news = !e->told_deleted;
        e->told_deleted = true;
        if (e->told_invalid)
            set_invalid(c, e, NULL);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return news;
}

/* ---- the working side ----------------------------------------------------------------
 */

/* Carry what was decided so far over to the object as it is now. */
static void take_over_status(struct bandit_route *to, const struct bandit_route *from)
{
    CLEANUP(json_freep)
    struct json *status = NULL;
    struct error err;

    if (strcmp(to->uid, from->uid) != 0)
        return; /* another object of the same name */
    status = route_status_to_json(from);
    (void)route_status_from_json(to, status, &err); /* what does not fit starts afresh */
}

static void merge(struct cache_entry *e)
{
    struct bandit_route *old = e->resting ? route_unpack(e->resting) : NULL;
    struct bandit_route *told = e->incoming ? route_unpack(e->incoming) : NULL;

    e->route = told ? told : old;
    if (e->told_version && e->route) {
        e->route->finalizer = e->told_finalizer;
        (void)snprintf(e->route->resource_version, sizeof(e->route->resource_version),
                       "%s", e->told_version);
    }
    free(STEAL(e->told_version));
    if (!told)
        return;
    free(e->resting); /* others see it as it was told, until it rests again */
    e->resting = STEAL(e->incoming);
    if (old)
        take_over_status(told, old);
    e->next_decision_ms = 0;
    e->programmed = false;
    route_free(old);
}

struct cache_entry *cache_begin(struct cache *c, const char *key)
{
    struct cache_entry *e;

    (void)pthread_mutex_lock(&c->lock);
    e = *place_of(c, key);
    if (e) {
        merge(e);
        e->gone = e->told_deleted;
        e->deleted = e->gone || e->told_deleting;
        if (e->told_invalid_is_new) {
            free(e->invalid);
            e->invalid = e->told_invalid ? mem_strdup(e->told_invalid) : NULL;
            e->told_invalid_is_new = false;
            e->next_decision_ms = 0;
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return e;
}

void cache_end(struct cache *c, struct cache_entry *e)
{
    struct packed_route *packed = e->route ? route_pack(e->route) : NULL;

    (void)pthread_mutex_lock(&c->lock);
    free(e->resting);
    e->resting = packed;
    route_free(STEAL(e->route));
    (void)pthread_mutex_unlock(&c->lock);
}

void cache_forget(struct cache *c, struct cache_entry *e)
{
    bool gone;

    cache_end(c, e);
    (void)pthread_mutex_lock(&c->lock);
    gone = !e->incoming && e->told_deleted;
    if (!e->incoming) /* else it is another object's */
        unclaim(c, e);
    if (gone) {
        struct cache_entry **at = place_of(c, e->key);

        *at = e->chain;
        c->count--;
        entry_free(e);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- looking on ----------------------------------------------------------------------
 */

/* One that is worked on for the first time does not rest yet. */
static size_t count_routes(const struct cache *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->bucket_count; i++)
        for (const struct cache_entry *e = c->buckets[i]; e; e = e->chain)
            n += !e->told_deleted && (e->resting || e->incoming || e->route);
    return n;
}

void cache_count(struct cache *c, size_t *routes, size_t *invalid)
{
    (void)pthread_mutex_lock(&c->lock);
    *routes = count_routes(c);
    *invalid = c->invalid;
    (void)pthread_mutex_unlock(&c->lock);
}

size_t cache_size(struct cache *c)
{
    size_t size;

    (void)pthread_mutex_lock(&c->lock);
    size = c->count;
    (void)pthread_mutex_unlock(&c->lock);
    return size;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void cache_list(struct cache *c, struct cache_keys *out)
{
    *out = (struct cache_keys){.items = NULL};
    (void)pthread_mutex_lock(&c->lock);
    out->items = mem_alloc(c->count, sizeof(char *));
    for (size_t i = 0; i < c->bucket_count; i++)
        for (const struct cache_entry *e = c->buckets[i]; e; e = e->chain)
            if (e->resting || e->incoming)
                out->items[out->count++] = mem_strdup(e->key);
    (void)pthread_mutex_unlock(&c->lock);
    qsort(out->items, out->count, sizeof(char *), by_name);
}

void cache_keys_clear(struct cache_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        free(keys->items[i]);
    free(keys->items);
    *keys = (struct cache_keys){.items = NULL};
}

struct bandit_route *cache_copy(struct cache *c, const char *key, char **invalid)
{
    struct bandit_route *copy = NULL;
    const struct cache_entry *e;

    if (invalid)
        *invalid = NULL;
    (void)pthread_mutex_lock(&c->lock);
    e = *place_of(c, key);
    if (e && (e->resting || e->incoming)) {
        copy = route_unpack(e->resting ? e->resting : e->incoming);
        if (invalid && e->told_invalid)
            *invalid = mem_strdup(e->told_invalid);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return copy;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h - every route, as the store told it last and as it was decided on last.
 *
 * Two sides meet here. The watching thread tells what the store said; it never waits. The
 * worker that holds a key (the work queue gives it to one at a time) owns that entry's
 * `route`, from cache_begin() to cache_end(). Meanwhile, and in between, the others see
 * it as it rests, packed.
 *
 * The operator is the one writer of statuses, so its own status outlives what the store
 * tells: a new spec takes over the old status arm by arm, matched by name.
 */
#ifndef CONTROLLER_CACHE_H
#define CONTROLLER_CACHE_H

#include "base/error.h"
#include "base/mem.h"
#include "base/rate.h"
#include "controller/claims.h"
#include "controller/packed_route.h"
#include "controller/status_mark.h"
#include "route/route.h"
#include "store/store.h"

struct cache_entry {
    char *key; /* "namespace/name" */
    struct bandit_route
        *route; /* between cache_begin() and cache_end(); NULL: not told */

    /* Of the worker. */
    int64_t next_decision_ms; /* monotonic; 0: at once */
    bool taken_up;            /* the status found at the start was looked at */
    bool decided_elsewhere;   /* by the process before us, whose weights must be there */
    bool programmed;          /* the data plane was seen to have the weights decided */
    bool unsaved;             /* the status is to be written, */
    int64_t write_at_ms;      /* not before this (monotonic) */
    struct status_mark *mark; /* what was written last; NULL: not known */
    int64_t
        farewell_since_ms;  /* its data plane is tried for the last time; 0: it is not */
    bool counted;           /* its counters are there */
    struct rate repairs;    /* of drift; see drift.c */
    unsigned unreached;     /* times in a row that its data plane could not be reached */
    uint64_t journal_chain; /* see journal_write() */

    /* What was told, as of cache_begin(). */
    bool deleted;  /* or about to be, and we are waited for */
    bool gone;     /* nothing of it is left */
    char *invalid; /* the object as it stands cannot be understood: why; or NULL */

    /* Of the cache. */
    struct packed_route *resting;  /* the route, as it was left last; or NULL */
    struct packed_route *incoming; /* another spec, not merged yet; or NULL */
    char *told_version;            /* a newer resourceVersion of the same spec; or NULL */
    struct cache_entry *chain;
    struct claim claim;
    int64_t told_generation;
    uint64_t told_uid; /* hash */
    bool told_deleting, told_deleted, told_finalizer;
    char *told_invalid;
    bool told_invalid_is_new;
};

enum { CACHE_KEY_MAX = ROUTE_LABEL_MAX + ROUTE_NAME_MAX };

struct cache;

struct cache *cache_new(void);
void cache_free(struct cache *c);
DEFINE_FREEP(struct cache *, cache_free)

void cache_key(char key[CACHE_KEY_MAX], const char *namespace, const char *name);

/* Call fn, under the lock, for each entry whose route may come by its target, or lose it,
 * because of another that claims the same one: be quick, do not call back. Before the
 * first event; or never. */
void cache_listen(struct cache *c, claims_fn *fn, void *arg);

/* Take in an event; true when there is something to be done about the key. */
bool cache_tell(struct cache *c, const struct store_event *event,
                char key[CACHE_KEY_MAX]);

/* The entry with all that was told merged into it, or NULL when there is none. The caller
 * holds the key. */
struct cache_entry *cache_begin(struct cache *c, const char *key);

/* Work on the entry is over for now. */
void cache_end(struct cache *c, struct cache_entry *e);

/* Instead of cache_end(): drop the entry, unless it was told anew meanwhile. */
void cache_forget(struct cache *c, struct cache_entry *e);

/* How many can be worked on, and how many cannot be understood as they stand. */
void cache_count(struct cache *c, size_t *routes, size_t *invalid);

/* About how many there are, at once. */
size_t cache_size(struct cache *c);

/* The keys of all that have a route, in their order. Who looks at one after the other
 * keeps nobody waiting, whatever he does with each. */
struct cache_keys {
    char **items;
    size_t count;
};

void cache_list(struct cache *c, struct cache_keys *out);
void cache_keys_clear(struct cache_keys *keys);

/* A copy of the first route, behind that with the key `after` (NULL: of all), which comes
 * before the entry's by its claim on the same target; NULL: no more. */
struct bandit_route *cache_elder(struct cache *c, const struct cache_entry *e,
                                 const char *after);

/* A copy of the route as it was left last, or as it was told when it was never worked on;
 * NULL: there is none. *invalid (or NULL) is why the object as it stands cannot be
 * understood, to be freed, or NULL. */
struct bandit_route *cache_copy(struct cache *c, const char *key, char **invalid);

#endif

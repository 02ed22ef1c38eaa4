/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - where BanditRoute objects live: list, watch, write status.
 *
 * Two backends with one face: a folder of YAML manifests (store_dir.h) and, on a cluster,
 * the API server. Nothing above this header knows which one runs.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "base/mem.h"
#include "base/stop.h"
#include "route/route.h"

/* What a listener can rely on: an object is told as it is, not what changed in it, so the
 * same may be told again (compare the generation to see another spec); a status that this
 * process wrote itself is not told back. */
enum store_event_type {
    STORE_UPSERT,  /* a new object, another spec, or another status */
    STORE_DELETE,  /* gone; or, told as invalid before, no longer wrong */
    STORE_INVALID, /* there, and not to be understood: message says why */
    STORE_SYNCED,  /* everything that there is has been told once */
};

struct store_event {
    enum store_event_type type;
    const char *namespace; /* NULL with STORE_SYNCED */
    const char *name;
    /* Borrowed for the call. STORE_UPSERT: the object. STORE_INVALID: the object with the
     * spec it had when it was last good, which stays in force, and its status as it is;
     * NULL when it never was good, which a restart forgets. */
    const struct bandit_route *route;
    const char *message; /* STORE_INVALID */
    bool deleting;       /* STORE_INVALID: deletion waits, though nobody knows for what */
};

/* Called from the thread of store_watch(), one event at a time. */
typedef void store_event_fn(void *arg, const struct store_event *event);

/* What the exporter publishes of a store. Successes and errors since the start. */
struct store_stats {
    uint64_t list_success, list_errors;
    uint64_t watch_success, watch_errors;
    int64_t last_sync_ms; /* wall time of the last successful look at the whole */
};

struct store;

/* Tell every object, then every change, until asked to stop. Objects that vanished while
 * nobody looked are told as deleted. Faults of the backend are counted, logged by the
 * caller through stats and retried with back-off; false only when it can never work. */
bool store_watch(struct store *s, struct stop *stop, store_event_fn *fn, void *arg,
                 struct error *err);

/* Write r->status. Any thread. A writer that was overtaken gets ERR_CONFLICT, an object
 * that is gone ERR_NOT_FOUND. */
bool store_write_status(struct store *s, const struct bandit_route *r, struct error *err);

/* Does deletion of an object wait for those who asked for it? */
bool store_has_finalizers(const struct store *s);

/* Let deletion of the object wait for us (ROUTE_FINALIZER), or no longer. Needs
 * store_has_finalizers(). Any thread; errors as above, and no error when it is so
 * already. */
bool store_set_finalizer(struct store *s, const char *namespace, const char *name,
                         bool on, struct error *err);

void store_stats(struct store *s, struct store_stats *out);
void store_free(struct store *s);
DEFINE_FREEP(struct store *, store_free)

#endif

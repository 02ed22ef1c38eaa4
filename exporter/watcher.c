/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/watcher.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* Objects that cannot be understood, "namespace/name": a few at most. */
struct names {
    char **items;
    size_t count;
};

struct watcher {
    struct store *store;
    struct fleet *fleet;
    struct own *own;
    struct shard shard;
    struct stop *stop;
    struct names invalid;
    atomic_bool synced;
    pthread_t thread;
};

static char *joined(const struct store_event *e)
{
    struct buf b = BUF_INIT(4096);

    buf_printf(&b, "%s/%s", e->namespace, e->name);
    return buf_take(&b);
}

/* Returns whether it was there. */
static bool names_remove(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->items[i], name)) {
            free(n->items[i]);
            n->items[i] = n->items[--n->count];
            return true;
        }
    return false;
}

static void names_add(struct names *n, const char *name)
{
    n->items = mem_resize(n->items, n->count + 1, sizeof(char *));
    n->items[n->count++] = mem_strdup(name);
}

static void put(struct watcher *w, const struct store_event *e)
{
    struct rendered *r = render_route(e->route);

    if (r)
        fleet_put(w->fleet, e->namespace, e->name, r);
    else
        log_error("object too large to publish", LOG_STR("namespace", e->namespace),
                  LOG_STR("route", e->name));
}

static void on_event(void *arg, const struct store_event *e)
{
    struct watcher *w = arg;
    CLEANUP(mem_freep)
    char *name = NULL;

    if (e->type == STORE_SYNCED) {
        if (!atomic_exchange(&w->synced, true))
            log_info("synced", LOG_INT("objects", fleet_count(w->fleet)));
        return;
    }
    if (!shard_has(&w->shard, e->namespace, e->name))
        return;
    name = joined(e);
    (void)names_remove(&w->invalid, name);
    switch (e->type) {
    case STORE_UPSERT:
        put(w, e);
        break;
    case STORE_INVALID:
        /* What it was before is no longer true, and what it is now is not known. */
        fleet_remove(w->fleet, e->namespace, e->name);
        names_add(&w->invalid, name);
        log_warn("object not understood", LOG_STR("namespace", e->namespace),
                 LOG_STR("route", e->name), LOG_STR("error", e->message));
        break;
    case STORE_DELETE:
        fleet_remove(w->fleet, e->namespace, e->name);
        break;
    case STORE_SYNCED:
        break;
    }
    own_set_invalid(w->own, w->invalid.count);
}

static void *run(void *arg)
{
    struct watcher *w = arg;
    struct error err;

    if (!store_watch(w->store, w->stop, on_event, w, &err) && !stop_requested(w->stop)) {
        log_error("cannot follow the object store", LOG_STR("error", err.msg));
        (void)kill(getpid(), SIGTERM); /* as main() waits for signals */
    }
    return NULL;
}

struct watcher *watcher_start(struct store *store, struct fleet *fleet, struct own *own,
                              const struct shard *shard)
{
    struct watcher *w = mem_alloc(1, sizeof(*w));

    w->store = store;
    w->fleet = fleet;
    w->own = own;
    w->shard = *shard;
    w->stop = stop_new();
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        abort();
    return w;
}

void watcher_stop(struct watcher *w)
{
    if (!w)
        return;
    stop_request(w->stop);
    (void)pthread_join(w->thread, NULL);
    stop_free(w->stop);
    for (size_t i = 0; i < w->invalid.count; i++)
        free(w->invalid.items[i]);
    free(w->invalid.items);
    free(w);
}

bool watcher_synced(const struct watcher *w)
{
    return atomic_load(&w->synced);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/watcher.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kube/table.h"

struct watcher {
    struct store *store;
    struct fleet *fleet;
    struct own *own;
    struct shard shard;
    struct stop *stop;
    struct kube_table invalid; /* "namespace/name": why it cannot be understood */
    atomic_bool synced;
    pthread_t thread;
};

static char *joined(const struct store_event *e)
{
    struct buf b = BUF_INIT(4096);

    buf_printf(&b, "%s/%s", e->namespace, e->name);
    return buf_take(&b);
}

/* Returns whether that is news: it is told again with every change of the status. */
static bool invalid_add(struct kube_table *all, const char *name, const char *error)
{
    const char *known = kube_table_get(all, name);

    if (known && !strcmp(known, error))
        return false;
    kube_table_put(all, name, mem_strdup(error));
    return true;
}

/* Of one that is too large to be published nothing is left on the page: what was true of
 * it before would be taken for what is true now. */
static void put(struct watcher *w, const struct store_event *e,
                const struct bandit_route *route)
{
    struct rendered *r = render_route(route);

    if (r) {
        fleet_put(w->fleet, e->namespace, e->name, r);
        return;
    }
    fleet_remove(w->fleet, e->namespace, e->name);
    log_error("object too large to publish", LOG_STR("namespace", e->namespace),
              LOG_STR("route", e->name));
}

/* The spec of before stays in force and takes traffic, so it stays on the page; that the
 * route is not ready is true at once, whether or not an operator runs to say so. */
static void put_last_good(struct watcher *w, const struct store_event *e)
{
    struct bandit_route shown = *e->route; /* shallow, for as long as this call */

    shown.status.conditions[CONDITION_READY].status = CONDITION_FALSE;
    (void)snprintf(shown.status.message, sizeof(shown.status.message), "%s: %s",
                   reason_name(REASON_INVALID_SPEC), e->message);
    put(w, e, &shown);
}

static void on_invalid(struct watcher *w, const struct store_event *e, const char *name)
{
    if (e->route)
        put_last_good(w, e);
    else
        fleet_remove(w->fleet, e->namespace, e->name);
    if (invalid_add(&w->invalid, name, e->message))
        log_warn("object not understood", LOG_STR("namespace", e->namespace),
                 LOG_STR("route", e->name), LOG_STR("error", e->message));
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
    if (e->type != STORE_INVALID)
        kube_table_remove(&w->invalid, name);
    switch (e->type) {
    case STORE_UPSERT:
        put(w, e, e->route);
        break;
    case STORE_INVALID:
        on_invalid(w, e, name);
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
    w->invalid.free_value = free;
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
    kube_table_clear(&w->invalid);
    free(w);
}

bool watcher_synced(const struct watcher *w)
{
    return atomic_load(&w->synced);
}

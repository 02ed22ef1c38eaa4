/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/controller.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "rewards/rewards.h"

enum {
    SNAPSHOT_AGE_MIN_MS = 1000, /* Prometheus is asked no more often than that */
    SENTINEL_MS = 1000,         /* how often a restart of the data plane is looked for */
};

struct controller {
    struct controller_options o;
    struct reconciler reconciler;
    struct events *events;
    struct write_budget *budget; /* or NULL */
    pthread_t watcher, sentinel, *workers;
    atomic_bool synced;
    bool watch_failed; /* read after the watcher was joined */
    struct error watch_error;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t more;
    struct workqueue *queue;
    bool closed;
};

/* ---- the queue, with its lock --------------------------------------------------------
 */

static void queue_add(struct controller *c, const char *key)
{
    (void)pthread_mutex_lock(&c->lock);
    workqueue_add(c->queue, key, clock_mono_ms());
    (void)pthread_cond_signal(&c->more);
    (void)pthread_mutex_unlock(&c->lock);
}

static void wait_until(struct controller *c, int64_t mono_ms)
{
    struct timespec t = clock_timespec(mono_ms);

    if (mono_ms == INT64_MAX)
        (void)pthread_cond_wait(&c->more, &c->lock);
    else
        (void)pthread_cond_timedwait(&c->more, &c->lock, &t);
}

/* The next key, or NULL when closed. Not before all is known: of two routes that claim
 * one target, the one that comes first may be told last. */
static const char *queue_get(struct controller *c)
{
    const char *key = NULL;
    int64_t waited_ms = 0;

    (void)pthread_mutex_lock(&c->lock);
    while (!c->closed && !(controller_synced(c) &&
                           (key = workqueue_get(c->queue, clock_mono_ms(), &waited_ms))))
        wait_until(c, controller_synced(c) ? workqueue_next_ms(c->queue) : INT64_MAX);
    (void)pthread_mutex_unlock(&c->lock);
    if (key)
        operator_metrics_reconcile_begins(c->o.metrics, (double)waited_ms / 1000);
    return key;
}

static void queue_done(struct controller *c, const char *key,
                       enum reconcile_result result, int64_t again_ms)
{
    int64_t now_ms = clock_mono_ms();

    (void)pthread_mutex_lock(&c->lock);
    if (result == RECONCILE_FAILED)
        workqueue_retry(c->queue, key, now_ms);
    else
        workqueue_forget(c->queue, key);
    if (again_ms != INT64_MAX)
        workqueue_add_at(c->queue, key, again_ms);
    workqueue_done(c->queue, key, now_ms);
    (void)pthread_cond_signal(&c->more);
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- threads -------------------------------------------------------------------------
 */

static void all_is_known(struct controller *c)
{
    (void)pthread_mutex_lock(&c->lock);
    atomic_store(&c->synced, true);
    (void)pthread_cond_broadcast(&c->more);
    (void)pthread_mutex_unlock(&c->lock);
}

static void add_rival(void *arg, const struct cache_entry *e)
{
    queue_add(arg, e->key);
}

static void take_event(void *arg, const struct store_event *event)
{
    struct controller *c = arg;
    char key[CACHE_KEY_MAX];

    if (event->type == STORE_SYNCED)
        all_is_known(c);
    else if (cache_tell(c->o.cache, event, key))
        queue_add(c, key);
}

static void *watch(void *arg)
{
    struct controller *c = arg;

    if (!store_watch(c->o.store, c->o.stop, take_event, c, &c->watch_error)) {
        c->watch_failed = true;
        stop_request(c->o.stop);
    }
    return NULL;
}

static void *work(void *arg)
{
    struct controller *c = arg;
    const char *key;

    while ((key = queue_get(c))) {
        int64_t start_ns = clock_mono_ns(), again_ms;
        enum reconcile_result result = reconcile(
            &c->reconciler, key,
            (struct moment){.wall_ms = clock_wall_ms(), .mono_ms = clock_mono_ms()},
            &again_ms);

        operator_metrics_reconcile_ends(c->o.metrics, result,
                                        (double)(clock_mono_ns() - start_ns) / 1e9);
        queue_done(c, key, result, again_ms);
    }
    return NULL;
}

static void queue_all(struct controller *c)
{
    CLEANUP(cache_keys_clear)
    struct cache_keys keys;

    cache_list(c->o.cache, &keys);
    for (size_t i = 0; i < keys.count; i++)
        queue_add(c, keys.items[i]);
}

/* A data plane that was started anew has the weights of its configuration: every route is
 * looked at now, not at its next decision. */
static void *guard(void *arg)
{
    struct controller *c = arg;

    do {
        for (size_t i = 0; i < c->o.kind_count; i++) {
            bool restarted = false;
            struct error err;

            if (!dataplane_restarted(c->o.kinds[i].dataplane, &restarted, &err))
                continue; /* the routes tell when it matters */
            if (restarted) {
                log_warn("data plane was started anew, weights are set again",
                         LOG_STR("kind", c->o.kinds[i].kind));
                queue_all(c);
            }
        }
    } while (!stop_wait_ms(c->o.stop, SENTINEL_MS));
    return NULL;
}

static void changed(void *arg, const char *key)
{
    queue_add(arg, key);
}

static void listen_to_dataplanes(struct controller *c, dataplane_changed_fn *fn)
{
    for (size_t i = 0; i < c->o.kind_count; i++)
        dataplane_listen(c->o.kinds[i].dataplane, fn, c);
}

/* ---- wiring --------------------------------------------------------------------------
 */

static bool observe(void *arg, const struct bandit_route *r, struct observation *seen)
{
    struct controller *c = arg;
    int64_t quarter_ms = r->spec.interval_ms / 4;
    struct rewards_snapshot *s =
        rewards_get(c->o.rewards, r->spec.reward.window,
                    quarter_ms > SNAPSHOT_AGE_MIN_MS ? quarter_ms : SNAPSHOT_AGE_MIN_MS,
                    seen->asked_ms);

    if (!s)
        return false;
    rewards_observe(s, r, seen);
    rewards_put(c->o.rewards, s);
    return true;
}

static bool save(void *arg, const struct bandit_route *r, struct error *err)
{
    struct controller *c = arg;

    return store_write_status(c->o.store, r, err);
}

static bool set_finalizer(void *arg, const char *key, bool on, struct error *err)
{
    struct controller *c = arg;
    const char *slash = strchr(key, '/');
    CLEANUP(mem_freep)
    char *namespace = mem_strndup(key, (size_t)(slash - key));

    return store_set_finalizer(c->o.store, namespace, slash + 1, on, err);
}

static void spawn(pthread_t *thread, void *(*fn)(void *), struct controller *c)
{
    if (pthread_create(thread, NULL, fn, c) == 0)
        return;
    log_error("cannot start a thread");
    abort();
}

struct controller *controller_start(const struct controller_options *options)
{
    struct controller *c = mem_alloc(1, sizeof(*c));
    pthread_condattr_t attr;

    c->o = *options;
    c->events = events_new();
    events_forward(c->events, options->on_event, options->on_event_arg);
    c->queue = workqueue_new();
    if (options->status_writes_per_s > 0)
        c->budget = write_budget_new(options->status_writes_per_s);
    c->reconciler = (struct reconciler){
        .cache = options->cache,
        .kinds = options->kinds,
        .kind_count = options->kind_count,
        .metrics = options->metrics,
        .events = c->events,
        .observe = observe,
        .observe_arg = c,
        .save = save,
        .set_finalizer = store_has_finalizers(options->store) ? set_finalizer : NULL,
        .save_arg = c,
        .budget = c->budget,
        .may_write = options->may_write,
        .may_write_arg = options->may_write_arg,
        .journal = options->journal,
    };
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->more, &attr);
    (void)pthread_condattr_destroy(&attr);
    listen_to_dataplanes(c, changed);
    cache_listen(c->o.cache, add_rival, c);
    c->workers = mem_alloc(options->workers, sizeof(*c->workers));
    for (size_t i = 0; i < options->workers; i++)
        spawn(&c->workers[i], work, c);
    spawn(&c->sentinel, guard, c);
    spawn(&c->watcher, watch, c);
    return c;
}

bool controller_join(struct controller *c, struct error *err)
{
    bool ok;

    (void)pthread_join(c->watcher, NULL);
    listen_to_dataplanes(c, NULL);
    (void)pthread_mutex_lock(&c->lock);
    c->closed = true;
    (void)pthread_cond_broadcast(&c->more);
    (void)pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < c->o.workers; i++)
        (void)pthread_join(c->workers[i], NULL);
    (void)pthread_join(c->sentinel, NULL);
    ok = !c->watch_failed;
    if (!ok)
        *err = c->watch_error;
    workqueue_free(c->queue);
    write_budget_free(c->budget);
    events_free(c->events);
    (void)pthread_cond_destroy(&c->more);
    (void)pthread_mutex_destroy(&c->lock);
    free(c->workers);
    free(c);
    return ok;
}

bool controller_synced(struct controller *c)
{
    return atomic_load(&c->synced);
}

void controller_refresh(struct controller *c)
{
    struct workqueue_stats stats;
    size_t routes, invalid;

    (void)pthread_mutex_lock(&c->lock);
    stats = workqueue_stats(c->queue, clock_mono_ms());
    (void)pthread_mutex_unlock(&c->lock);
    operator_metrics_queue(c->o.metrics, &stats);
    cache_count(c->o.cache, &routes, &invalid);
    operator_metrics_routes(c->o.metrics, routes, invalid);
}

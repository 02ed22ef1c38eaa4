/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_kube.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/kube_inner.h"

enum {
    WRITE_TIMEOUT_MS = 10000,
    WRITE_PATIENCE_MS = 5000,
    ECHO_WAIT_MS = 1000, /* for the answer to our own write, once its event is here */
};

const struct kube_kind store_kube_kind = {
    "BanditRoute", "bandit-router.dev", "v1alpha1", "banditroutes", true,
};

/* ---- watching ------------------------------------------------------------------------
 */

static struct kube_object *find_or_make(struct store_kube *s, const char *key)
{
    struct kube_object *o = kube_table_get(&s->objects, key);

    if (!o) {
        o = mem_alloc(1, sizeof(*o));
        kube_table_put(&s->objects, key, o);
    }
    return o;
}

/* The event of our own write may be faster than the answer to it, which says that it is
 * ours. Under the lock. */
static void wait_for_writer(struct store_kube *s, const struct kube_object *o)
{
    int64_t end_ms = clock_mono_ms() + ECHO_WAIT_MS;
    struct timespec end = clock_timespec(end_ms);

    while (o->writing && clock_mono_ms() < end_ms)
        (void)pthread_cond_timedwait(&s->written, &s->lock, &end);
}

static void on_upsert(struct store_kube *s, const struct reflector_event *event)
{
    struct kube_object *o;
    bool news;

    (void)pthread_mutex_lock(&s->lock);
    o = find_or_make(s, event->key);
    wait_for_writer(s, o);
    news = kube_versions_see(&o->versions, event->version);
    if (news) {
        free(o->finalizers);
        o->finalizers = kube_finalizers(event->object);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (news)
        kube_tell_object(s, o, event);
}

static void on_delete(struct store_kube *s, const char *key)
{
    (void)pthread_mutex_lock(&s->lock);
    kube_table_remove(&s->objects, key);
    (void)pthread_mutex_unlock(&s->lock);
    kube_tell(s, STORE_DELETE, key);
}

static void on_event(void *arg, const struct reflector_event *event)
{
    struct store_kube *s = arg;

    switch (event->type) {
    case REFLECTOR_UPSERT:
        on_upsert(s, event);
        break;
    case REFLECTOR_DELETE:
        on_delete(s, event->key);
        break;
    case REFLECTOR_SYNCED:
        kube_tell(s, STORE_SYNCED, NULL);
        break;
    }
}

static void on_step(void *arg, enum reflector_step step, const struct error *err)
{
    struct store_kube *s = arg;
    bool listing = step == REFLECTOR_LISTED;
    bool fault = err && (listing || err->kind != ERR_EXPIRED); /* that is in order */

    (void)pthread_mutex_lock(&s->lock);
    s->watching = step == REFLECTOR_WATCHING;
    s->counts.list_success += listing && !err;
    s->counts.list_errors += listing && fault;
    s->counts.watch_success += s->watching;
    s->counts.watch_errors += !listing && fault;
    if (!fault)
        s->counts.last_sync_ms = clock_wall_ms();
    (void)pthread_mutex_unlock(&s->lock);
    if (fault && s->o.fault)
        s->o.fault(s->o.arg, listing ? "list" : "watch", err);
}

static struct kube_client *new_client(const struct store_kube *s, struct stop *stop)
{
    return kube_client_new(&(struct kube_client_options){
        .access = s->o.access,
        .stop = stop,
        .drain = stop ? NULL : s->watched,
        .user_agent = s->o.user_agent,
        .timeout_ms = stop ? 0 : WRITE_TIMEOUT_MS,
        .patience_ms = stop ? 0 : WRITE_PATIENCE_MS,
        .report = s->o.report,
        .warn = s->o.warn,
        .hook_arg = s->o.arg,
    });
}

static bool watch(struct store *store, struct stop *stop, store_event_fn *fn, void *arg,
                  struct error *err)
{
    struct store_kube *s = (struct store_kube *)store;
    CLEANUP(kube_client_freep)
    struct kube_client *client = new_client(s, stop);

    (void)err;
    s->fn = fn;
    s->arg = arg;
    reflector_run(&(struct reflector){
        .client = client,
        .stop = stop,
        .ref = {.kind = &store_kube_kind, .namespace = s->o.namespace},
        .tell = on_event,
        .step = on_step,
        .arg = s,
    });
    stop_request(s->watched);
    return true;
}

/* ---- life ----------------------------------------------------------------------------
 */

/* While changes are being told, what is known is what there is: a peer that vanished is
 * noticed within a minute. */
static void stats(struct store *store, struct store_stats *out)
{
    struct store_kube *s = (struct store_kube *)store;

    (void)pthread_mutex_lock(&s->lock);
    if (s->watching)
        s->counts.last_sync_ms = clock_wall_ms();
    *out = s->counts;
    (void)pthread_mutex_unlock(&s->lock);
}

static void kube_free(struct store *store)
{
    struct store_kube *s = (struct store_kube *)store;

    kube_client_free(s->writer);
    stop_free(s->watched);
    kube_table_clear(&s->objects);
    (void)pthread_cond_destroy(&s->written);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

struct store *store_kube_open(const struct store_kube_options *options)
{
    static const struct store_backend backend = {.watch = watch,
                                                 .write_status = kube_write_status,
                                                 .set_finalizer = kube_set_finalizer,
                                                 .stats = stats,
                                                 .free = kube_free};
    struct store_kube *s = mem_alloc(1, sizeof(*s));
    pthread_condattr_t attr;

    s->store.backend = &backend;
    s->o = *options;
    s->objects = (struct kube_table)KUBE_TABLE_INIT(kube_object_free);
    s->watched = stop_new();
    s->writer = new_client(s, NULL);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->written, &attr);
    (void)pthread_condattr_destroy(&attr);
    return &s->store;
}

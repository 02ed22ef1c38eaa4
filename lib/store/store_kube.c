/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_kube.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "kube/reflector.h"
#include "kube/table.h"
#include "route/route_json.h"
#include "store/backend.h"
#include "store/kube_versions.h"

enum {
    WRITE_TIMEOUT_MS = 10000,
    WRITE_PATIENCE_MS = 5000,
    ECHO_WAIT_MS = 1000, /* for the answer to our own write, once its event is here */
    OBJECT_BYTES_MAX = 4 << 20,
};

const struct kube_kind store_kube_kind = {
    "BanditRoute", "bandit-router.dev", "v1alpha1", "banditroutes", true,
};

/* An object as it was told last. */
struct object {
    struct kube_versions versions;
    char *good;   /* JSON without the status, when it was last good; NULL: never */
    bool writing; /* a status is under way */
};

struct store_kube {
    struct store store;
    struct store_kube_options o;
    struct kube_client *writer;

    /* Of the watching thread. */
    store_event_fn *fn;
    void *arg;

    pthread_mutex_t lock; /* guards: */
    pthread_cond_t written;
    struct kube_table objects; /* struct object; entries come and go in the watching
                                * thread alone, which reads `good` without the lock */
    struct store_stats counts;
    bool watching; /* changes are being told at this moment */
};

static void object_free(void *value)
{
    struct object *o = value;

    kube_versions_clear(&o->versions);
    free(o->good);
    free(o);
}

/* ---- telling -------------------------------------------------------------------------
 */

static void tell(const struct store_kube *s, enum store_event_type type, const char *key,
                 const struct bandit_route *route, const char *message)
{
    const char *slash = key ? strchr(key, '/') : NULL;
    CLEANUP(mem_freep)
    char *namespace = slash ? mem_strndup(key, (size_t)(slash - key)) : NULL;

    s->fn(s->arg, &(struct store_event){
                      .type = type,
                      .namespace = namespace,
                      .name = slash ? slash + 1 : NULL,
                      .route = route,
                      .message = message,
                  });
}

/* What to come back to should the object become wrong: all that is read of it but its
 * status. */
static char *without_status(const struct json *object)
{
    static const char *const kept[] = {"name",       "namespace",         "uid",
                                       "generation", "deletionTimestamp", NULL};
    CLEANUP(json_freep)
    struct json *copy = json_new_object();
    struct json *metadata = json_new_object();
    const struct json *from = json_get(object, "metadata");
    struct buf text = BUF_INIT(OBJECT_BYTES_MAX);

    for (size_t i = 0; kept[i]; i++)
        if (json_get(from, kept[i]))
            json_put(metadata, kept[i], json_copy(json_get(from, kept[i])));
    json_put_string(copy, "apiVersion", ROUTE_API_VERSION);
    json_put_string(copy, "kind", ROUTE_KIND);
    json_put(copy, "metadata", metadata);
    json_put(copy, "spec", json_copy(json_get(object, "spec")));
    json_write(copy, &text);
    return buf_take(&text);
}

static struct bandit_route *last_good(const struct object *o, const struct json *now)
{
    struct error ignored;
    CLEANUP(json_freep)
    struct json *tree = o->good ? json_parse(o->good, strlen(o->good), &ignored) : NULL;

    if (!tree)
        return NULL;
    if (json_get(now, "status"))
        json_put(tree, "status", json_copy(json_get(now, "status")));
    return route_from_json(tree, &ignored);
}

static void tell_object(const struct store_kube *s, struct object *o,
                        const struct reflector_event *event)
{
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct error why;

    r = route_from_json(event->object, &why);
    if (r) {
        free(o->good);
        o->good = without_status(event->object);
        tell(s, STORE_UPSERT, event->key, r, NULL);
    } else {
        r = last_good(o, event->object);
        tell(s, STORE_INVALID, event->key, r, why.msg);
    }
}

/* ---- watching ------------------------------------------------------------------------
 */

static struct object *find_or_make(struct store_kube *s, const char *key)
{
    struct object *o = kube_table_get(&s->objects, key);

    if (!o) {
        o = mem_alloc(1, sizeof(*o));
        kube_table_put(&s->objects, key, o);
    }
    return o;
}

/* The event of our own write may be faster than the answer to it, which says that it is
 * ours. Under the lock. */
static void wait_for_writer(struct store_kube *s, const struct object *o)
{
    int64_t end_ms = clock_mono_ms() + ECHO_WAIT_MS;
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};

    while (o->writing && clock_mono_ms() < end_ms)
        (void)pthread_cond_timedwait(&s->written, &s->lock, &end);
}

static void on_upsert(struct store_kube *s, const struct reflector_event *event)
{
    struct object *o;
    bool news;

    (void)pthread_mutex_lock(&s->lock);
    o = find_or_make(s, event->key);
    wait_for_writer(s, o);
    news = kube_versions_see(&o->versions, event->version);
    (void)pthread_mutex_unlock(&s->lock);
    if (news)
        tell_object(s, o, event);
}

static void on_delete(struct store_kube *s, const char *key)
{
    (void)pthread_mutex_lock(&s->lock);
    kube_table_remove(&s->objects, key);
    (void)pthread_mutex_unlock(&s->lock);
    tell(s, STORE_DELETE, key, NULL, NULL);
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
        tell(s, STORE_SYNCED, NULL, NULL, NULL);
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
    return true;
}

/* ---- writing -------------------------------------------------------------------------
 */

/* The version to name; NULL: not now. Marks the object as being written. */
static char *begin_write(struct store_kube *s, const char *key,
                         const struct bandit_route *r, struct error *err)
{
    struct object *o;
    const char *newest = NULL;
    char *version = NULL;

    (void)pthread_mutex_lock(&s->lock);
    o = kube_table_get(&s->objects, key);
    if (o && !o->writing)
        newest = kube_versions_newest(&o->versions, r->resource_version);
    if (newest) {
        version = mem_strdup(newest);
        o->writing = true;
    } else if (o) {
        (void)error_set(err, ERR_CONFLICT, "%s was changed since it was read", key);
    } else {
        (void)error_set(err, ERR_NOT_FOUND, "there is no %s", key);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return version;
}

/* stored: the object as the server has it now, or NULL. */
static void end_write(struct store_kube *s, const char *key, const char *before,
                      const struct json *stored)
{
    const char *after =
        json_string(json_path(stored, "metadata", "resourceVersion", NULL), "");
    struct object *o;

    (void)pthread_mutex_lock(&s->lock);
    o = kube_table_get(&s->objects, key);
    if (o) { /* else it went away meanwhile */
        o->writing = false;
        if (*after)
            kube_versions_wrote(&o->versions, before, after);
    }
    (void)pthread_cond_broadcast(&s->written);
    (void)pthread_mutex_unlock(&s->lock);
}

/* A whole object as far as the status subresource looks at it. A merge patch would leave
 * behind what the status no longer has. */
static struct json *body_of(const struct bandit_route *r, const char *version)
{
    struct json *body = json_new_object();
    struct json *metadata = json_new_object();

    json_put_string(metadata, "name", r->name);
    json_put_string(metadata, "namespace", r->namespace);
    json_put_string(metadata, "resourceVersion", version);
    json_put_string(body, "apiVersion", ROUTE_API_VERSION);
    json_put_string(body, "kind", ROUTE_KIND);
    json_put(body, "metadata", metadata);
    json_put(body, "status", route_status_to_json(r));
    return body;
}

static bool write_status(struct store *store, const struct bandit_route *r,
                         struct error *err)
{
    struct store_kube *s = (struct store_kube *)store;
    const struct kube_ref ref = {&store_kube_kind, r->namespace, r->name, "status"};
    CLEANUP(buf_clear)
    struct buf key = BUF_INIT(1024);
    CLEANUP(mem_freep)
    char *version = NULL;
    CLEANUP(json_freep)
    struct json *body = NULL;
    CLEANUP(json_freep)
    struct json *stored = NULL;

    if (s->o.may_write && !s->o.may_write(s->o.arg))
        return error_set(err, ERR_CANCELED, "another process writes now");
    buf_printf(&key, "%s/%s", r->namespace, r->name);
    version = begin_write(s, buf_str(&key), r, err);
    if (!version)
        return false;
    body = body_of(r, version);
    stored = kube_replace(s->writer, &ref, body, err);
    end_write(s, buf_str(&key), version, stored);
    return stored != NULL;
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
    kube_table_clear(&s->objects);
    (void)pthread_cond_destroy(&s->written);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

struct store *store_kube_open(const struct store_kube_options *options)
{
    static const struct store_backend backend = {watch, write_status, stats, kube_free};
    struct store_kube *s = mem_alloc(1, sizeof(*s));
    pthread_condattr_t attr;

    s->store.backend = &backend;
    s->o = *options;
    s->objects = (struct kube_table)KUBE_TABLE_INIT(object_free);
    s->writer = new_client(s, NULL);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->written, &attr);
    (void)pthread_condattr_destroy(&attr);
    return &s->store;
}

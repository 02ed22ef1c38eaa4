/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to an object of the API server: its status, and our finalizer. Always
 * under the condition of the version that the listener knows, or that our own last write
 * made. */
#include <stdlib.h>
#include <string.h>

#include "route/route_json.h"
#include "store/kube_inner.h"

enum { KEY_BYTES_MAX = 1024, LIST_BYTES_MAX = 64 * 1024 };

/* One write: begun, sent, ended. */
struct write {
    struct store_kube *store;
    struct buf key;
    char *version; /* to name as the condition */
    struct json *finalizers;
};

static void write_clear(struct write *w)
{
    buf_clear(&w->key);
    free(w->version);
    json_free(w->finalizers);
}

static struct json *list_of(const char *text)
{
    struct error ignored;
    struct json *list = text ? json_parse(text, strlen(text), &ignored) : NULL;

    return list ? list : json_new_array();
}

/* Marks the object as being written. known: the version that the writer looked at; NULL:
 * whichever was told last. */
static bool begin(struct write *w, const char *namespace, const char *name,
                  const char *known, struct error *err)
{
    struct store_kube *s = w->store;
    struct kube_object *o;
    const char *newest = NULL;

    if (s->o.may_write && !s->o.may_write(s->o.arg))
        return error_set(err, ERR_CANCELED, "another process writes now");
    buf_printf(&w->key, "%s/%s", namespace, name);
    (void)pthread_mutex_lock(&s->lock);
    o = kube_table_get(&s->objects, buf_str(&w->key));
    if (o && !o->writing && o->versions.told)
        newest = kube_versions_newest(&o->versions, known ? known : o->versions.told);
    if (newest) {
        w->version = mem_strdup(newest);
        w->finalizers = list_of(o->finalizers);
        o->writing = true;
    } else if (o) {
        (void)error_set(err, ERR_CONFLICT, "%s was changed since it was read",
                        buf_str(&w->key));
    } else {
        (void)error_set(err, ERR_NOT_FOUND, "there is no %s", buf_str(&w->key));
    }
    (void)pthread_mutex_unlock(&s->lock);
    return newest != NULL;
}

char *kube_finalizers(const struct json *object)
{
    const struct json *list = json_path(object, "metadata", "finalizers", NULL);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(LIST_BYTES_MAX);

    if (!json_count(list))
        return NULL;
    json_write(list, &text);
    return mem_strdup(buf_str(&text)); /* buf_take() would keep the buffer's room */
}

/* stored: the object as the server has it now, or NULL. */
static void end(struct write *w, const struct json *stored)
{
    const char *after =
        json_string(json_path(stored, "metadata", "resourceVersion", NULL), "");
    struct store_kube *s = w->store;
    struct kube_object *o;

    (void)pthread_mutex_lock(&s->lock);
    o = kube_table_get(&s->objects, buf_str(&w->key));
    if (o) { /* else it went away meanwhile */
        o->writing = false;
        if (*after && kube_versions_wrote(&o->versions, w->version, after)) {
            free(o->finalizers);
            o->finalizers = kube_finalizers(stored);
        }
    }
    (void)pthread_cond_broadcast(&s->written);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- the status ----------------------------------------------------------------------
 */

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

bool kube_write_status(struct store *store, const struct bandit_route *r,
                       struct error *err)
{
    const struct kube_ref ref = {&store_kube_kind, r->namespace, r->name, "status"};
    CLEANUP(write_clear)
    struct write w = {.store = (struct store_kube *)store,
                      .key = BUF_INIT(KEY_BYTES_MAX)};
    CLEANUP(json_freep)
    struct json *body = NULL;
    CLEANUP(json_freep)
    struct json *stored = NULL;

    if (!begin(&w, r->namespace, r->name, r->resource_version, err))
        return false;
    body = body_of(r, w.version);
    stored = kube_replace(w.store->writer, &ref, body, err);
    end(&w, stored);
    return stored != NULL;
}

/* ---- the finalizer -------------------------------------------------------------------
 */

/* The list with ours, or without it; those of others stay. *same: it was so already. */
static struct json *with_ours(const struct json *list, bool on, bool *same)
{
    struct json *wanted = json_new_array();
    bool had = false;

    for (const struct json *c = json_first(list); c; c = json_next(c)) {
        if (strcmp(json_string(c, ""), ROUTE_FINALIZER) != 0)
            json_push(wanted, json_copy(c));
        else
            had = true;
    }
    if (on)
        json_push(wanted, json_new_string(ROUTE_FINALIZER));
    *same = had == on;
    return wanted;
}

bool kube_set_finalizer(struct store *store, const char *namespace, const char *name,
                        bool on, struct error *err)
{
    const struct kube_ref ref = {&store_kube_kind, namespace, name, NULL};
    CLEANUP(write_clear)
    struct write w = {.store = (struct store_kube *)store,
                      .key = BUF_INIT(KEY_BYTES_MAX)};
    CLEANUP(json_freep)
    struct json *patch = json_new_object();
    struct json *metadata = json_new_object();
    CLEANUP(json_freep)
    struct json *stored = NULL;
    bool same = false;

    json_put(patch, "metadata", metadata);
    if (!begin(&w, namespace, name, NULL, err))
        return false;
    json_put_string(metadata, "resourceVersion", w.version);
    json_put(metadata, "finalizers", with_ours(w.finalizers, on, &same));
    if (!same)
        stored = kube_patch(w.store->writer, &ref, KUBE_MERGE_PATCH, patch, err);
    end(&w, stored);
    return same || stored;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/kube_view.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 512, WRITE_TIMEOUT_MS = 10000, WRITE_PATIENCE_MS = 5000 };

void kube_view_lock(struct kube_view *v)
{
    (void)pthread_mutex_lock(&v->lock);
}

void kube_view_unlock(struct kube_view *v)
{
    (void)pthread_mutex_unlock(&v->lock);
}

void kube_view_fault(void *view, const char *what, const struct error *err)
{
    const struct kube_view *v = view;

    if (v->o.fault)
        v->o.fault(v->o.arg, what, err);
}

struct telling {
    const struct kube_view *view;
    const char *but;
};

static void tell_one(void *arg, const char *reader)
{
    const struct telling *t = arg;

    if (t->view->listener && !(t->but && strcmp(t->but, reader) == 0))
        t->view->listener(t->view->listener_arg, reader);
}

void kube_view_tell(struct kube_view *v, struct readers *readers, const char *subject,
                    const char *but)
{
    struct telling t = {v, but};

    readers_tell(readers, subject, tell_one, &t);
}

/* ---- Services ------------------------------------------------------------------------
 */

static void *parse_slice(void *arg, const struct json *object)
{
    (void)arg;
    return endpoints_parse(object);
}

static void slice_changed(void *arg, const char *key, const void *before, void *after)
{
    const struct endpoints_slice *old = before, *new = after;
    struct kube_view *v = arg;

    (void)key;
    if (!endpoints_change(&v->endpoints, old, new))
        return;
    if (old)
        kube_view_tell(v, &v->readers_of_services, old->service, NULL);
    if (new)
        kube_view_tell(v, &v->readers_of_services, new->service, NULL);
}

static void slices_turned(void *arg)
{
    struct kube_view *v = arg;

    kube_view_tell(v, &v->readers_of_services, NULL, NULL);
}

bool kube_view_ready(struct kube_view *v, const char *namespace, const char *service,
                     const char *reader)
{
    CLEANUP(buf_clear)
    struct buf key = BUF_INIT(KEY_MAX);
    struct error ignored;

    if (v->o.namespace && strcmp(v->o.namespace, namespace) != 0)
        return true;
    buf_printf(&key, "%s/%s", namespace, service);
    readers_add(&v->readers_of_services, buf_str(&key), reader);
    return !collection_known(v->slices, &ignored) ||
           endpoints_ready(&v->endpoints, buf_str(&key));
}

void kube_view_forget(struct kube_view *v, const char *namespace, const char *service,
                      const char *reader)
{
    CLEANUP(buf_clear)
    struct buf key = BUF_INIT(KEY_MAX);

    buf_printf(&key, "%s/%s", namespace, service);
    readers_remove(&v->readers_of_services, buf_str(&key), reader);
}

/* ---- life ----------------------------------------------------------------------------
 */

static struct kube_client *new_client(const struct kube_view *v, bool writes)
{
    return kube_client_new(&(struct kube_client_options){
        .access = v->o.access,
        .stop = writes ? NULL : v->stop,  /* a write that has begun is seen to its end, */
        .drain = writes ? v->stop : NULL, /* without waiting for anything */
        .user_agent = v->o.user_agent,
        .timeout_ms = writes ? WRITE_TIMEOUT_MS : 0,
        .patience_ms = writes ? WRITE_PATIENCE_MS : 0,
        .report = v->o.report,
        .warn = v->o.warn,
        .hook_arg = v->o.arg,
    });
}

struct kube_view *kube_view_new(const struct dataplane_kube_options *options)
{
    struct kube_view *v = mem_alloc(1, sizeof(*v));

    v->o = *options;
    if (v->o.namespace && !*v->o.namespace)
        v->o.namespace = NULL;
    v->stop = stop_new();
    v->watcher = new_client(v, false);
    v->writer = new_client(v, true);
    (void)pthread_mutex_init(&v->lock, NULL);
    endpoints_init(&v->endpoints);
    readers_init(&v->readers_of_services);
    v->slices = collection_new(&(struct collection_options){
        .client = v->watcher,
        .stop = v->stop,
        .versions = &endpoints_kind,
        .version_count = 1,
        .namespace = v->o.namespace,
        .parse = parse_slice,
        .free = free,
        .lock = &v->lock,
        .changed = slice_changed,
        .turned = slices_turned,
        .fault = kube_view_fault,
        .arg = v,
    });
    return v;
}

void kube_view_stop(struct kube_view *v)
{
    if (v)
        stop_request(v->stop);
}

void kube_view_free(struct kube_view *v)
{
    if (!v)
        return;
    stop_request(v->stop);
    collection_free(v->slices);
    endpoints_clear(&v->endpoints);
    readers_clear(&v->readers_of_services);
    kube_client_free(v->watcher);
    kube_client_free(v->writer);
    stop_free(v->stop);
    (void)pthread_mutex_destroy(&v->lock);
    free(v);
}

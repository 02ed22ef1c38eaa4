/* SPDX-License-Identifier: Apache-2.0 */
/* A data plane whose weights are in objects of the Kubernetes API. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dataplane/dataplane_ops.h"
#include "dataplane/kube_view.h"
#include "dataplane/split.h"

enum {
    KEY_MAX = ROUTE_LABEL_MAX + ROUTE_NAME_MAX,
    TRIES = 4,       /* of a write that others get ahead of */
    GRACE_MS = 5000, /* gateways that followed so far may take so long over a write */
};

struct kube_plane {
    struct dataplane base;
    struct kube_view *view;
    const struct split_kind *kind;
    struct collection *objects;
    struct readers readers; /* under the view's lock */
    const char *in_hand;    /* the reader that makes the change; under it, too */
};

/* An object as it was read. */
struct seen {
    struct split *split;
    int64_t grace_until_ms; /* until then a gateway that is not done is no news */
};

static void seen_free(void *value)
{
    struct seen *s = value;

    if (s)
        split_free(s->split);
    free(s);
}

static void key_of(char key[KEY_MAX], const char *namespace, const char *name)
{
    (void)snprintf(key, KEY_MAX, "%s/%s", namespace, name);
}

/* ---- the collection ------------------------------------------------------------------
 */

static void *parse_object(void *arg, const struct json *object)
{
    const struct kube_plane *p = arg;
    struct seen *s = mem_alloc(1, sizeof(*s));

    s->split = split_parse(p->kind, object);
    return s;
}

static void object_changed(void *arg, const char *key, const void *before, void *after)
{
    const struct seen *old = before;
    struct kube_plane *p = arg;
    struct seen *new = after;

    if (old && new)
        new->grace_until_ms = old->grace_until_ms;
    kube_view_tell(p->view, &p->readers, key, p->in_hand);
}

static void objects_turned(void *arg)
{
    struct kube_plane *p = arg;

    kube_view_tell(p->view, &p->readers, NULL, NULL);
}

static void fault(void *arg, const char *what, const struct error *err)
{
    const struct kube_plane *p = arg;

    kube_view_fault(p->view, what, err);
}

/* ---- reading -------------------------------------------------------------------------
 */

/* What the object says, and which arms are alive. Under the lock. */
static bool report_on(struct kube_plane *p, const struct seen *s,
                      const struct bandit_route *r, struct dataplane_report *report,
                      struct error *err)
{
    struct dataplane_report now = {.trouble = REASON_NONE};
    char reader[KEY_MAX];

    if (!split_report(p->kind, s->split, r, &now, err))
        return false;
    key_of(reader, r->namespace, r->name);
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        const struct split_backend *b = split_backend_of(s->split, r, i);

        now.arms[i].ready = kube_view_ready(p->view, b->namespace, b->service, reader);
    }
    if (now.trouble == REASON_PENDING && clock_mono_ms() < s->grace_until_ms)
        now.trouble = REASON_NONE;
    *report = now;
    return true;
}

/* The object, its version in *version; NULL with ERR_NOT_FOUND where there is none. Under
 * the lock. */
static struct seen *find(struct kube_plane *p, const struct bandit_route *r,
                         const char **version, struct error *err)
{
    struct seen *s;
    char key[KEY_MAX], reader[KEY_MAX];

    key_of(key, r->namespace, r->spec.target.name);
    key_of(reader, r->namespace, r->name);
    readers_add(&p->readers, key, reader);
    if (!collection_known(p->objects, err))
        return NULL;
    s = collection_get(p->objects, key, version);
    if (!s)
        (void)error_set(err, ERR_NOT_FOUND, "there is no %s %s", p->kind->kind, key);
    return s;
}

static bool plane_read(struct dataplane *d, const struct bandit_route *r,
                       struct dataplane_report *report, struct error *err)
{
    struct kube_plane *p = (struct kube_plane *)d;
    const struct seen *s;
    const char *version;
    bool ok;

    collection_use(p->objects);
    collection_use(p->view->slices);
    kube_view_lock(p->view);
    s = find(p, r, &version, err);
    ok = s && report_on(p, s, r, report, err);
    kube_view_unlock(p->view);
    return ok;
}

/* ---- writing -------------------------------------------------------------------------
 */

/* One write of one route. */
struct writing {
    struct kube_plane *plane;
    const struct bandit_route *route;
    const double *weights;
    struct kube_ref ref;
    char key[KEY_MAX];
    /* What the patch rests on. */
    struct json *patch; /* NULL: there is nothing to change */
    char *version;
    int64_t grace_until_ms;
};

static void writing_clear(struct writing *w)
{
    json_free(STEAL(w->patch));
    free(STEAL(w->version));
}

/* Make the patch from what is known. Under the lock. */
static bool prepare(struct writing *w, struct seen *s, const char *version,
                    struct error *err)
{
    size_t changes;

    writing_clear(w);
    w->patch = split_patch(w->plane->kind, s->split, w->route, w->weights, &changes, err);
    if (!w->patch)
        return false;
    if (!changes)
        json_free(STEAL(w->patch));
    w->version = mem_strdup(version);
    if (s->split->trouble == REASON_NONE)
        s->grace_until_ms = clock_mono_ms() + GRACE_MS;
    w->grace_until_ms = s->grace_until_ms;
    return true;
}

static bool prepare_from_view(struct writing *w, struct error *err)
{
    struct kube_plane *p = w->plane;
    struct seen *s;
    const char *version = NULL;
    bool ok;

    kube_view_lock(p->view);
    w->ref.kind = collection_kind(p->objects);
    s = find(p, w->route, &version, err);
    ok = s && prepare(w, s, version, err);
    kube_view_unlock(p->view);
    return ok;
}

/* Take in the object as the server has it now, under the lock. Who writes is not told of
 * it, but goes on reading it. */
static void put(struct writing *w, const char *before, const char *version,
                struct seen *s)
{
    struct kube_plane *p = w->plane;
    char reader[KEY_MAX];

    key_of(reader, w->route->namespace, w->route->name);
    p->in_hand = reader;
    collection_put(p->objects, w->key, before, version, s);
    p->in_hand = NULL;
    readers_add(&p->readers, w->key, reader);
}

static const char *version_of(const struct json *object)
{
    return json_string(json_path(object, "metadata", "resourceVersion", NULL), "");
}

/* What the write made of it. */
static bool take_answer(struct writing *w, const struct json *object,
                        struct dataplane_report *report, struct error *err)
{
    struct kube_plane *p = w->plane;
    struct seen *s = parse_object(p, object);
    bool ok;

    kube_view_lock(p->view);
    s->grace_until_ms = w->grace_until_ms;
    ok = report_on(p, s, w->route, report, err);
    put(w, w->version, version_of(object), s);
    kube_view_unlock(p->view);
    return ok;
}

/* The patch did not fit: look at what is there, and make another one. False also when it
 * is what the patch was made for, and was refused for itself: then *err stays. */
static bool prepare_anew(struct writing *w, struct error *err)
{
    struct kube_plane *p = w->plane;
    struct error why;
    CLEANUP(json_freep)
    struct json *object = kube_get(p->view->writer, &w->ref, &why);
    CLEANUP(mem_freep)
    char *before = NULL;
    struct seen *s;
    bool ok;

    if (!object) {
        *err = why;
        return false;
    }
    if (strcmp(version_of(object), w->version) == 0)
        return false;
    before = STEAL(w->version);
    s = parse_object(p, object);
    kube_view_lock(p->view);
    ok = prepare(w, s, version_of(object), err);
    put(w, before, version_of(object), s);
    kube_view_unlock(p->view);
    return ok;
}

static bool others_were_faster(const struct error *err)
{
    return err->kind == ERR_INVALID || err->kind == ERR_CONFLICT;
}

static bool may_write(const struct kube_plane *p, struct error *err)
{
    const struct dataplane_kube_options *o = &p->view->o;

    if (!o->may_write || o->may_write(o->arg))
        return true;
    return error_set(err, ERR_CANCELED, "another process writes now");
}

/* NULL: there was nothing to change, or it failed with *err. */
static bool send(struct writing *w, struct json **answer, struct error *err)
{
    struct kube_plane *p = w->plane;

    *answer = NULL;
    for (int i = 0; w->patch; i++) {
        if (!may_write(p, err))
            return false;
        *answer = kube_patch(p->view->writer, &w->ref, KUBE_JSON_PATCH, w->patch, err);
        if (*answer)
            return true;
        if (!others_were_faster(err) || i == TRIES || !prepare_anew(w, err))
            return false;
    }
    return true;
}

static bool plane_write(struct dataplane *d, const struct bandit_route *r,
                        const double *weights, struct dataplane_report *report,
                        struct error *err)
{
    struct kube_plane *p = (struct kube_plane *)d;
    CLEANUP(writing_clear)
    struct writing w = {.plane = p, .route = r, .weights = weights};
    CLEANUP(json_freep)
    struct json *answer = NULL;

    collection_use(p->objects);
    collection_use(p->view->slices);
    key_of(w.key, r->namespace, r->spec.target.name);
    w.ref = (struct kube_ref){.namespace = r->namespace, .name = r->spec.target.name};
    if (!prepare_from_view(&w, err))
        return false;
    if (!send(&w, &answer, err))
        return error_wrap(err, "%s %s", p->kind->kind, w.key);
    if (answer)
        return take_answer(&w, answer, report, err);
    return plane_read(d, r, report, err);
}

/* ---- life ----------------------------------------------------------------------------
 */

static void plane_listen(struct dataplane *d, dataplane_changed_fn *fn, void *arg)
{
    struct kube_view *v = ((struct kube_plane *)d)->view;

    kube_view_lock(v);
    v->listener = fn;
    v->listener_arg = arg;
    kube_view_unlock(v);
}

static void plane_free(struct dataplane *d)
{
    struct kube_plane *p = (struct kube_plane *)d;

    kube_view_stop(p->view);
    collection_free(p->objects);
    readers_clear(&p->readers);
    free(p);
}

static struct dataplane *plane_new(struct kube_view *v, const struct split_kind *kind)
{
    static const struct dataplane_ops ops = {
        .read = plane_read,
        .write = plane_write,
        .listen = plane_listen,
        .free = plane_free,
    };
    struct kube_plane *p = mem_alloc(1, sizeof(*p));

    p->base.ops = &ops;
    p->view = v;
    p->kind = kind;
    readers_init(&p->readers);
    p->objects = collection_new(&(struct collection_options){
        .client = v->watcher,
        .stop = v->stop,
        .versions = kind->versions,
        .version_count = kind->version_count,
        .namespace = v->o.namespace,
        .parse = parse_object,
        .free = seen_free,
        .lock = &v->lock,
        .changed = object_changed,
        .turned = objects_turned,
        .fault = fault,
        .arg = p,
    });
    return &p->base;
}

struct dataplane *dataplane_httproute(struct kube_view *v)
{
    return plane_new(v, &split_httproute);
}

struct dataplane *dataplane_virtualservice(struct kube_view *v)
{
    return plane_new(v, &split_virtualservice);
}

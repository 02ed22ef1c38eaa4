/* SPDX-License-Identifier: Apache-2.0 */
/* A data plane whose weights are in objects of the Kubernetes API: what is there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dataplane/kube_plane.h"

void kube_key(char key[KUBE_KEY_MAX], const char *namespace, const char *name)
{
    (void)snprintf(key, KUBE_KEY_MAX, "%s/%s", namespace, name);
}

struct seen *seen_new(const struct kube_plane *p, const struct json *object)
{
    struct seen *s = mem_alloc(1, sizeof(*s));

    s->split = split_parse(p->kind, object);
    return s;
}

static void seen_free(void *value)
{
    struct seen *s = value;

    if (s)
        split_free(s->split);
    free(s);
}

/* ---- the collection ------------------------------------------------------------------
 */

static void *parse_object(void *arg, const struct json *object)
{
    return seen_new(arg, object);
}

static void object_changed(void *arg, const char *key, const void *before, void *after)
{
    const struct seen *old = before;
    struct kube_plane *p = arg;
    struct seen *new = after;

    if (old && new) {
        if (!new->grace_until_ms)
            new->grace_until_ms = old->grace_until_ms;
        if (!new->made_generation)
            new->made_generation = old->made_generation;
    }
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

/* Is it as we made it, for the route as it is now? */
static bool is_intact(const struct seen *s, const struct bandit_route *r)
{
    return s->split->made_for == r->generation &&
           (!s->made_generation || s->split->generation == s->made_generation);
}

/* A whole object of ours: weights in it are worth nothing when the rest is not right. */
static bool report_on_whole(const struct kube_plane *p, const struct seen *s,
                            const struct bandit_route *r, struct dataplane_report *now,
                            struct error *err)
{
    const struct split *split = s ? s->split : NULL;
    struct error ignored;

    if (split && (!split->owner || strcmp(split->owner, r->uid) != 0))
        return error_set(err, ERR_INVALID,
                         "%s %s/%s is there and not ours: delete it, or leave "
                         "targetRef.template out",
                         p->kind->kind, r->namespace, r->spec.target.name);
    if (split && is_intact(s, r) && split_report(p->kind, split, r, now, &ignored))
        return true;
    *now = (struct dataplane_report){.trouble = REASON_PENDING, .units = p->kind->units};
    (void)snprintf(now->message, sizeof(now->message), "the object is to be made");
    for (size_t i = 0; i < r->spec.arm_count; i++)
        now->arms[i].applied = NAN;
    return true;
}

/* Of the arms' Services. */
static void report_on_backends(const struct kube_plane *p, const struct bandit_route *r,
                               struct dataplane_report *now)
{
    char reader[KUBE_KEY_MAX];

    kube_key(reader, r->namespace, r->name);
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        const struct route_arm *arm = &r->spec.arms[i];

        now->arms[i].ready =
            kube_view_ready(p->view, *arm->namespace ? arm->namespace : r->namespace,
                            arm->service, reader);
    }
}

bool kube_plane_report(struct kube_plane *p, const struct seen *s,
                       const struct bandit_route *r, struct dataplane_report *report,
                       struct error *err)
{
    struct dataplane_report now = {.trouble = REASON_NONE};

    if (r->spec.target.template.set ? !report_on_whole(p, s, r, &now, err)
                                    : !split_report(p->kind, s->split, r, &now, err))
        return false;
    report_on_backends(p, r, &now);
    if (s && now.trouble == REASON_PENDING && clock_mono_ms() < s->grace_until_ms)
        now.trouble = REASON_NONE;
    *report = now;
    return true;
}

struct seen *kube_plane_find(struct kube_plane *p, const struct bandit_route *r,
                             const char **version, struct error *err)
{
    struct seen *s;
    char key[KUBE_KEY_MAX], reader[KUBE_KEY_MAX];

    kube_key(key, r->namespace, r->spec.target.name);
    kube_key(reader, r->namespace, r->name);
    readers_add(&p->readers, key, reader);
    if (!collection_known(p->objects, err))
        return NULL;
    s = collection_get(p->objects, key, version);
    if (!s)
        (void)error_set(err, ERR_NOT_FOUND, "there is no %s %s", p->kind->kind, key);
    return s;
}

bool kube_plane_read(struct dataplane *d, const struct bandit_route *r,
                     struct dataplane_report *report, struct error *err)
{
    struct kube_plane *p = (struct kube_plane *)d;
    const struct seen *s;
    const char *version;
    struct error ignored;
    bool ok;

    collection_use(p->objects);
    collection_use(p->view->slices);
    kube_view_lock(p->view);
    s = kube_plane_find(p, r, &version, err);
    ok = (s || (r->spec.target.template.set && collection_known(p->objects, &ignored))) &&
         kube_plane_report(p, s, r, report, err);
    kube_view_unlock(p->view);
    return ok;
}

/* An object that is one route's as a whole is nobody else's. */
static bool plane_overlaps(struct dataplane *d, const struct bandit_route *a,
                           const struct bandit_route *b)
{
    struct kube_plane *p = (struct kube_plane *)d;
    const struct seen *s;
    const char *version;
    char key[KUBE_KEY_MAX];
    bool yes;

    if (a->spec.target.template.set || b->spec.target.template.set)
        return true;
    kube_key(key, a->namespace, a->spec.target.name);
    collection_use(p->objects);
    kube_view_lock(p->view);
    s = collection_get(p->objects, key, &version);
    yes = s && split_overlap(s->split, a, b);
    kube_view_unlock(p->view);
    return yes;
}

static void plane_forget(struct dataplane *d, const struct bandit_route *r)
{
    struct kube_plane *p = (struct kube_plane *)d;
    char key[KUBE_KEY_MAX], reader[KUBE_KEY_MAX];

    kube_key(key, r->namespace, r->spec.target.name);
    kube_key(reader, r->namespace, r->name);
    kube_view_lock(p->view);
    readers_remove(&p->readers, key, reader);
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        const struct route_arm *arm = &r->spec.arms[i];

        kube_view_forget(p->view, *arm->namespace ? arm->namespace : r->namespace,
                         arm->service, reader);
    }
    kube_view_unlock(p->view);
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
        .read = kube_plane_read,
        .write = kube_plane_write,
        .overlaps = plane_overlaps,
        .forget = plane_forget,
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

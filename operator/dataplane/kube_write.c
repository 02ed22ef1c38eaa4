/* SPDX-License-Identifier: Apache-2.0 */
/* Writing objects of the Kubernetes API: weights into one that is the user's, by a patch
 * that fits or fails, or a whole one that is ours, by server-side apply. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dataplane/kube_plane.h"

enum {
    TRIES = 4,       /* of a patch that others get ahead of */
    GRACE_MS = 5000, /* gateways that followed so far may take so long over a write */
};

static const char manager[] = "bandit-operator";

/* One write of one route. */
struct writing {
    struct kube_plane *plane;
    const struct bandit_route *route;
    const double *weights;
    struct kube_ref ref;
    char key[KUBE_KEY_MAX];
    struct json *patch; /* NULL: there is nothing to change */
    char *version;      /* that the write rests on; NULL: there is none */
    int64_t grace_until_ms;
};

static void writing_clear(struct writing *w)
{
    json_free(STEAL(w->patch));
    free(STEAL(w->version));
}

static bool may_write(const struct kube_plane *p, struct error *err)
{
    const struct dataplane_kube_options *o = &p->view->o;

    if (!o->may_write || o->may_write(o->arg))
        return true;
    return error_set(err, ERR_CANCELED, "another process writes now");
}

/* What is known of it, if anything is, goes with the write. Under the lock. */
static void rest_on(struct writing *w, struct seen *s, const char *version)
{
    free(w->version);
    w->version = s ? mem_strdup(version) : NULL;
    if (s && s->split->trouble == REASON_NONE)
        s->grace_until_ms = clock_mono_ms() + GRACE_MS;
    w->grace_until_ms = s ? s->grace_until_ms : 0;
}

/* Take in the object as the server has it now, under the lock. Who writes is not told of
 * it, but goes on reading it. */
static void put(struct writing *w, const char *before, const char *version,
                struct seen *s)
{
    struct kube_plane *p = w->plane;
    char reader[KUBE_KEY_MAX];

    kube_key(reader, w->route->namespace, w->route->name);
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
    struct seen *s = seen_new(p, object);
    bool ok;

    kube_view_lock(p->view);
    s->grace_until_ms = w->grace_until_ms;
    if (w->route->spec.target.template.set)
        s->made_generation = s->split->generation;
    ok = kube_plane_report(p, s, w->route, report, err);
    put(w, w->version, version_of(object), s);
    kube_view_unlock(p->view);
    return ok;
}

/* ---- weights into the user's object --------------------------------------------------
 */

/* Make the patch from what is known. Under the lock. */
static bool prepare(struct writing *w, struct seen *s, const char *version,
                    struct error *err)
{
    size_t changes;

    json_free(STEAL(w->patch));
    w->patch = split_patch(w->plane->kind, s->split, w->route, w->weights, &changes, err);
    if (!w->patch)
        return false;
    if (!changes)
        json_free(STEAL(w->patch));
    rest_on(w, s, version);
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
    s = kube_plane_find(p, w->route, &version, err);
    ok = s && prepare(w, s, version, err);
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
    s = seen_new(p, object);
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

/* *answer NULL: there was nothing to change. */
static bool patch(struct writing *w, struct json **answer, struct error *err)
{
    struct kube_plane *p = w->plane;

    if (!prepare_from_view(w, err))
        return false;
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

/* ---- an object of ours ---------------------------------------------------------------
 */

static bool apply(struct writing *w, struct json **answer, struct error *err)
{
    struct kube_plane *p = w->plane;
    CLEANUP(json_freep)
    struct json *object = NULL;
    struct dataplane_report ignored;
    struct seen *s;
    const char *version = NULL;
    bool ok;

    kube_view_lock(p->view);
    w->ref.kind = collection_kind(p->objects);
    s = kube_plane_find(p, w->route, &version, err);
    ok = collection_known(p->objects, err) &&
         kube_plane_report(p, s, w->route, &ignored, err); /* else it is not ours */
    rest_on(w, s, version);
    kube_view_unlock(p->view);
    if (!ok || !may_write(p, err))
        return false;
    object = split_make(p->kind, w->ref.kind, w->route, w->weights, err);
    *answer =
        object ? kube_apply(p->view->writer, &w->ref, object, manager, true, err) : NULL;
    return *answer != NULL;
}

/* ---- either --------------------------------------------------------------------------
 */

bool kube_plane_write(struct dataplane *d, const struct bandit_route *r,
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
    kube_key(w.key, r->namespace, r->spec.target.name);
    w.ref = (struct kube_ref){.namespace = r->namespace, .name = r->spec.target.name};
    if (r->spec.target.template.set ? !apply(&w, &answer, err) : !patch(&w, &answer, err))
        return error_wrap(err, "%s %s", p->kind->kind, w.key);
    if (answer)
        return take_answer(&w, answer, report, err);
    return kube_plane_read(d, r, report, err);
}

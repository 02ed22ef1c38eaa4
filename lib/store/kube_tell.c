/* SPDX-License-Identifier: Apache-2.0 */
/* What the listener is told of an object of the API server. */
#include <stdlib.h>
#include <string.h>

#include "route/route_json.h"
#include "store/kube_inner.h"

void kube_object_free(void *object)
{
    struct kube_object *o = object;

    kube_versions_clear(&o->versions);
    free(o->good);
    free(o->finalizers);
    free(o);
}

/* The namespace and name of the event are those of the key. */
static void tell(const struct store_kube *s, const char *key, struct store_event event)
{
    const char *slash = key ? strchr(key, '/') : NULL;
    CLEANUP(mem_freep)
    char *namespace = slash ? mem_strndup(key, (size_t)(slash - key)) : NULL;

    event.namespace = namespace;
    event.name = slash ? slash + 1 : NULL;
    s->fn(s->arg, &event);
}

void kube_tell(const struct store_kube *s, enum store_event_type type, const char *key)
{
    tell(s, key, (struct store_event){.type = type});
}

static void copy_members(const struct json *from, const char *const *names,
                         struct json *to)
{
    for (; *names; names++)
        if (json_get(from, *names))
            json_put(to, *names, json_copy(json_get(from, *names)));
}

/* What to come back to should the object become wrong: all that is read of it but its
 * status. */
static struct last_good *without_status(const struct json *object)
{
    static const char *const kept[] = {"name", "namespace", "uid", "generation", NULL};
    CLEANUP(json_freep)
    struct json *copy = json_new_object();
    struct json *metadata = json_new_object();

    copy_members(json_get(object, "metadata"), kept, metadata);
    json_put_string(copy, "apiVersion", ROUTE_API_VERSION);
    json_put_string(copy, "kind", ROUTE_KIND);
    json_put(copy, "metadata", metadata);
    json_put(copy, "spec", json_copy(json_get(object, "spec")));
    return last_good_new(copy);
}

static bool is_deleting(const struct json *object)
{
    return json_path(object, "metadata", "deletionTimestamp", NULL) != NULL;
}

/* With the status it has now, and as far on its way out: by the object that was told, not
 * by what writers note of it meanwhile. */
static struct bandit_route *last_good(const struct kube_object *o, const struct json *now)
{
    static const char *const status[] = {"status", NULL};
    static const char *const way_out[] = {"deletionTimestamp", "finalizers", NULL};
    struct error ignored;
    CLEANUP(json_freep)
    struct json *tree = last_good_read(o->good);
    struct json *metadata;

    if (!tree)
        return NULL;
    metadata = json_copy(json_get(tree, "metadata"));
    copy_members(json_get(now, "metadata"), way_out, metadata);
    json_put(tree, "metadata", metadata);
    copy_members(now, status, tree);
    return route_from_json(tree, &ignored);
}

/* Of an object that goes it no longer matters that it cannot be understood: the last good
 * spec says what is to be left behind. */
void kube_tell_object(const struct store_kube *s, struct kube_object *o,
                      const struct reflector_event *event)
{
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct error why;
    bool good;

    r = route_from_json(event->object, &why);
    good = r != NULL;
    if (good) {
        free(o->good);
        o->good = without_status(event->object);
    } else {
        r = last_good(o, event->object);
    }
    if (good || (r && r->deleting))
        tell(s, event->key, (struct store_event){.type = STORE_UPSERT, .route = r});
    else
        tell(s, event->key,
             (struct store_event){.type = STORE_INVALID,
                                  .route = r,
                                  .message = why.msg,
                                  .deleting = is_deleting(event->object)});
}

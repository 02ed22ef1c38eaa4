/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/call.h"

enum {
    PATH_BYTES_MAX = 16 * 1024,
    BODY_BYTES_MAX = 8 << 20, /* the server takes 3 MiB */
    ANSWER_BYTES_MAX = 64 << 20,
    CHUNK = 100, /* objects; as a tree, five hundred of ours would be 30 MiB */
    RESTARTS_MAX = 5,
};

/* ---- one object in, one object out ---------------------------------------------------
 */

static struct json *parsed(const struct buf *answer, const char *path, struct error *err)
{
    struct json *j = json_parse(buf_str(answer), answer->len, err);

    if (j)
        return j;
    err->kind = ERR_IO; /* not what the API server sends: something in between is */
    (void)error_wrap(err, "%s", path);
    return NULL;
}

/* body NULL: none. */
static struct json *ask(struct kube_client *c, const char *method, const char *path,
                        const char *content_type, const struct json *body,
                        struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(BODY_BYTES_MAX);
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(ANSWER_BYTES_MAX);

    if (body)
        json_write(body, &text);
    if (!buf_ok(&text)) {
        (void)error_set(err, ERR_TOO_BIG, "%s %s: the body is larger than %zu bytes",
                        method, path, text.max);
        return NULL;
    }
    if (!kube_call(c,
                   &(struct kube_call){.method = method,
                                       .path = path,
                                       .content_type = content_type,
                                       .body = body ? &text : NULL},
                   &answer, err))
        return NULL;
    return parsed(&answer, path, err);
}

static struct json *ask_ref(struct kube_client *c, const char *method,
                            const struct kube_ref *ref, const char *content_type,
                            const struct json *body, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(PATH_BYTES_MAX);

    kube_add_path(&path, ref);
    return ask(c, method, buf_str(&path), content_type, body, err);
}

struct json *kube_get(struct kube_client *c, const struct kube_ref *ref,
                      struct error *err)
{
    return ask_ref(c, "GET", ref, NULL, NULL, err);
}

struct json *kube_create(struct kube_client *c, const struct kube_ref *ref,
                         const struct json *object, struct error *err)
{
    return ask_ref(c, "POST", ref, "application/json", object, err);
}

struct json *kube_replace(struct kube_client *c, const struct kube_ref *ref,
                          const struct json *object, struct error *err)
{
    return ask_ref(c, "PUT", ref, "application/json", object, err);
}

struct json *kube_patch(struct kube_client *c, const struct kube_ref *ref,
                        enum kube_patch_type type, const struct json *patch,
                        struct error *err)
{
    static const char *const content_types[] = {
        [KUBE_JSON_PATCH] = "application/json-patch+json",
        [KUBE_MERGE_PATCH] = "application/merge-patch+json",
    };

    return ask_ref(c, "PATCH", ref, content_types[type], patch, err);
}

/* The body may be JSON: every JSON text is YAML, but for a few escapes that we do not
 * write. */
struct json *kube_apply(struct kube_client *c, const struct kube_ref *ref,
                        const struct json *object, const char *manager, bool force,
                        struct error *err)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(PATH_BYTES_MAX);

    kube_add_path(&path, ref);
    kube_add_query(&path, "fieldManager", manager);
    if (force)
        kube_add_query(&path, "force", "true");
    return ask(c, "PATCH", buf_str(&path), "application/apply-patch+yaml", object, err);
}

bool kube_delete(struct kube_client *c, const struct kube_ref *ref, const char *version,
                 struct error *err)
{
    CLEANUP(json_freep)
    struct json *options = json_new_object();
    CLEANUP(json_freep)
    struct json *answer = NULL;
    struct json *preconditions;

    json_put_string(options, "apiVersion", "v1");
    json_put_string(options, "kind", "DeleteOptions");
    if (version) {
        preconditions = json_new_object();
        json_put_string(preconditions, "resourceVersion", version);
        json_put(options, "preconditions", preconditions);
    }
    answer = ask_ref(c, "DELETE", ref, "application/json", options, err);
    return answer != NULL;
}

/* ---- lists ---------------------------------------------------------------------------
 */

static void list_path(const struct kube_list *list, const char *next, struct buf *path)
{
    char limit[24];

    kube_add_path(path, &list->ref);
    (void)snprintf(limit, sizeof(limit), "%lld",
                   (long long)(list->limit ? list->limit : CHUNK));
    kube_add_query(path, "limit", limit);
    if (list->label_selector)
        kube_add_query(path, "labelSelector", list->label_selector);
    if (*next)
        kube_add_query(path, "continue", next);
}

/* Items in a list do not say what they are; we do. */
static bool give_items(const struct kube_list *list, const struct json *chunk,
                       struct error *err)
{
    const struct json *items = json_get(chunk, "items");

    for (const struct json *item = json_first(items); item; item = json_next(item)) {
        CLEANUP(buf_clear)
        struct buf version = BUF_INIT(256);
        CLEANUP(json_freep)
        struct json *whole = NULL;

        if (!json_get(item, "kind")) {
            whole = json_copy(item);
            kube_add_api_version(&version, list->ref.kind);
            json_put_string(whole, "apiVersion", buf_str(&version));
            json_put_string(whole, "kind", list->ref.kind->kind);
        }
        if (!list->item(list->arg, whole ? whole : item, err))
            return false;
    }
    return true;
}

/* From its beginning to its end, unless it expires on the way. */
static bool list_once(struct kube_client *c, const struct kube_list *list, char **version,
                      bool *begun, struct error *err)
{
    CLEANUP(mem_freep)
    char *next = mem_strdup("");

    do {
        CLEANUP(buf_clear)
        struct buf path = BUF_INIT(PATH_BYTES_MAX);
        CLEANUP(json_freep)
        struct json *chunk = NULL;
        const char *at;

        list_path(list, next, &path);
        chunk = ask(c, "GET", buf_str(&path), NULL, NULL, err);
        if (!chunk || !give_items(list, chunk, err))
            return false;
        *begun = true;
        at = json_string(json_path(chunk, "metadata", "resourceVersion", NULL), "");
        if (!*at)
            return error_set(err, ERR_IO, "%s: a list without a resourceVersion",
                             buf_str(&path));
        free(*version);
        *version = mem_strdup(at);
        free(next);
        next =
            mem_strdup(json_string(json_path(chunk, "metadata", "continue", NULL), ""));
    } while (*next);
    return true;
}

bool kube_list(struct kube_client *c, const struct kube_list *list, char **version,
               struct error *err)
{
    CLEANUP(mem_freep)
    char *at = NULL;

    for (int i = 0; i < RESTARTS_MAX; i++) {
        bool begun = false;

        if (list_once(c, list, &at, &begun, err)) {
            *version = STEAL(at);
            return true;
        }
        if (err->kind != ERR_EXPIRED || !begun)
            return false;
        if (list->restart)
            list->restart(list->arg);
    }
    return false;
}

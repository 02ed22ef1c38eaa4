/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - the verbs of the Kubernetes API for any kind: get, list, create, replace,
 * patch, apply, delete.
 *
 * Any thread: each call takes a connection of its own, and connections are kept. An
 * answer that asks to come back later (Retry-After, with 429 or 5xx) is obeyed for a
 * while; a 401 is tried once more with fresh credentials; nothing else is repeated.
 * Errors have the kinds of status.h; without an answer ERR_TIMEOUT, ERR_CANCELED,
 * ERR_TOO_BIG or ERR_IO.
 */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "kube/access.h"
#include "kube/kind.h"
#include "json/json.h"

/* Told of every answer, and of every request that got none (code 0). Any thread. */
typedef void kube_report_fn(void *arg, const char *method, int code);

/* Told of each Warning that the server gave. Any thread. */
typedef void kube_warning_fn(void *arg, const char *text);

struct kube_client_options {
    struct kube_access *access;
    struct stop *stop; /* or NULL; asking it ends all calls with ERR_CANCELED */
    /* Or NULL; asking it ends nothing that has begun, but nothing is waited for or
     * repeated any more, and a new call gets no more than 5 s: for writes, at the end. */
    struct stop *drain;
    const char *user_agent; /* "bandit-operator/0.1.0"; NULL: ours */
    int64_t timeout_ms;     /* of a call, without its repetitions; 0: 30 s */
    int64_t patience_ms;    /* repetitions that Retry-After asks for begin within so long
                             * of the call's begin; 0: 60 s; below 0: none */
    kube_report_fn *report; /* or NULL */
    kube_warning_fn *warn;  /* or NULL */
    void *hook_arg;
};

struct kube_client;

/* The texts are borrowed for the client's life. */
struct kube_client *kube_client_new(const struct kube_client_options *options);
void kube_client_free(struct kube_client *c);
DEFINE_FREEP(struct kube_client *, kube_client_free)

/* ---- reading ---------------------------------------------------------------------- */

/* The object; release with json_free(). */
struct json *kube_get(struct kube_client *c, const struct kube_ref *ref,
                      struct error *err);

/* Called with each object; false stops with its error. */
typedef bool kube_item_fn(void *arg, const struct json *object, struct error *err);

/* All objects of the collection as of one moment, a hundred at a time. *version
 * (free()) is where a watch goes on. When that moment is forgotten half-way, the list
 * begins anew: restart (or NULL) is called, and what came before does not count. */
struct kube_list {
    struct kube_ref ref;
    const char *label_selector; /* or NULL */
    kube_item_fn *item;
    void (*restart)(void *arg);
    void *arg;
    int64_t limit; /* objects in a chunk; 0: 100 */
};

bool kube_list(struct kube_client *c, const struct kube_list *list, char **version,
               struct error *err);

/* ---- writing ---------------------------------------------------------------------- */

/* All return the object as it is stored now; release with json_free(). */

/* The ref is that of the collection. ERR_CONFLICT: there is one of that name. */
struct json *kube_create(struct kube_client *c, const struct kube_ref *ref,
                         const struct json *object, struct error *err);

/* With metadata.resourceVersion, ERR_CONFLICT when it is not the newest. */
struct json *kube_replace(struct kube_client *c, const struct kube_ref *ref,
                          const struct json *object, struct error *err);

enum kube_patch_type {
    KUBE_JSON_PATCH,  /* RFC 6902; a failed test is ERR_INVALID */
    KUBE_MERGE_PATCH, /* RFC 7386; metadata.resourceVersion in it is a precondition */
};

struct json *kube_patch(struct kube_client *c, const struct kube_ref *ref,
                        enum kube_patch_type type, const struct json *patch,
                        struct error *err);

/* Server-side apply: own the fields that are in the object. force: take them from others,
 * as controllers should. */
struct json *kube_apply(struct kube_client *c, const struct kube_ref *ref,
                        const struct json *object, const char *manager, bool force,
                        struct error *err);

/* version: ERR_CONFLICT when it is not the newest; or NULL. */
bool kube_delete(struct kube_client *c, const struct kube_ref *ref, const char *version,
                 struct error *err);

#endif

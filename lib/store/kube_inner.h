/* SPDX-License-Identifier: Apache-2.0 */
/* kube_inner.h - the API server store's state, shared by the files that make it up. */
#ifndef STORE_KUBE_INNER_H
#define STORE_KUBE_INNER_H

#include <pthread.h>

#include "kube/reflector.h"
#include "kube/table.h"
#include "store/backend.h"
#include "store/kube_versions.h"
#include "store/last_good.h"
#include "store/store_kube.h"

/* An object as it was told last. */
struct kube_object {
    struct kube_versions versions;
    struct last_good *good; /* without the status; NULL: it never was good */
    char *finalizers;       /* JSON of the list; NULL: there is none */
    bool writing;           /* a write of ours is under way */
};

struct store_kube {
    struct store store;
    struct store_kube_options o;
    struct kube_client *writer;
    struct stop *watched; /* asked when the watch is over: writes have to hurry */

    /* Of the watching thread. */
    store_event_fn *fn;
    void *arg;

    pthread_mutex_t lock; /* guards: */
    pthread_cond_t written;
    struct kube_table objects; /* struct kube_object; entries come and go in the watching
                                * thread alone, which reads `good` without the lock */
    struct store_stats counts;
    bool watching; /* changes are being told at this moment */
};

/* ---- kube_tell.c ----------------------------------------------------------------- */

void kube_object_free(void *object);

/* Tell the listener of an object that is new or another. */
void kube_tell_object(const struct store_kube *s, struct kube_object *o,
                      const struct reflector_event *event);

/* STORE_DELETE, or STORE_SYNCED without a key. */
void kube_tell(const struct store_kube *s, enum store_event_type type, const char *key);

/* ---- kube_write.c ---------------------------------------------------------------- */

/* The object's list as JSON; free(); NULL: there is none. */
char *kube_finalizers(const struct json *object);

bool kube_write_status(struct store *store, const struct bandit_route *r,
                       struct error *err);
bool kube_set_finalizer(struct store *store, const char *namespace, const char *name,
                        bool on, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* collection.h - all objects of a kind on the API server, each as the little that is
 * needed of it, kept up to date by list and watch.
 *
 * The kind may not be served yet, or not in its newest version: it is looked for again
 * and again. A collection starts when it is first used, so what no route asks for is
 * neither watched nor has to be permitted.
 */
#ifndef DATAPLANE_COLLECTION_H
#define DATAPLANE_COLLECTION_H

#include <pthread.h>

#include "kube/client.h"

struct collection_options {
    struct kube_client *client; /* whose stop is `stop` */
    struct stop *stop;
    const struct kube_kind *versions; /* those that will do, best first */
    size_t version_count;
    const char *namespace; /* NULL: all */

    /* What is kept of an object; not NULL. Pure, called without the lock. */
    void *(*parse)(void *arg, const struct json *object);
    void (*free)(void *value);

    /* The lock is the owner's, and taken for `changed`: before or after is NULL where
     * there was none, or is none now. What is kept may be touched up there. */
    pthread_mutex_t *lock;
    void (*changed)(void *arg, const char *key, const void *before, void *after);
    /* Something else is known of the whole: all may be read now, or cannot be. */
    void (*turned)(void *arg);
    void (*fault)(void *arg, const char *what, const struct error *err);
    void *arg;
};

struct collection;

struct collection *collection_new(const struct collection_options *options);
void collection_free(struct collection *c); /* after stop was requested */

/* Start it if need be, and wait, some seconds at most, until it is known what there is.
 * Without the lock. */
void collection_use(struct collection *c);

/* ---- under the lock ------------------------------------------------------------------
 */

/* True when it is known what there is. Else ERR_NOT_FOUND: the kind is not served;
 * ERR_IO: it cannot be read, or has not been for a minute. */
bool collection_known(const struct collection *c, struct error *err);

/* The version in which it is served. */
const struct kube_kind *collection_kind(const struct collection *c);

/* The value and its resourceVersion, or NULL. */
void *collection_get(const struct collection *c, const char *key, const char **version);

/* Take in what a write of ours, or a fresh look, has brought: value is taken, and dropped
 * when what is here is neither `before` (NULL: nothing) nor the same version. */
void collection_put(struct collection *c, const char *key, const char *before,
                    const char *version, void *value);

#endif

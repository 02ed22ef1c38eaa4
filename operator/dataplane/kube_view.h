/* SPDX-License-Identifier: Apache-2.0 */
/* kube_view.h - what data planes on a cluster see of it: which Services have ready
 * endpoints, and who is to be told when that changes. Shared by all of them.
 *
 * One lock for all that is seen; nothing under it waits.
 */
#ifndef DATAPLANE_KUBE_VIEW_H
#define DATAPLANE_KUBE_VIEW_H

#include "dataplane/collection.h"
#include "dataplane/dataplane_kube.h"
#include "dataplane/endpoints.h"
#include "dataplane/readers.h"

struct kube_view {
    struct dataplane_kube_options o;
    struct kube_client *watcher, *writer;
    struct stop *stop;
    pthread_mutex_t lock; /* guards: */
    dataplane_changed_fn *listener;
    void *listener_arg;
    struct collection *slices;
    struct endpoints endpoints;
    struct readers readers_of_services;
};

void kube_view_lock(struct kube_view *v);
void kube_view_unlock(struct kube_view *v);

/* For a collection's options: hooks that are the same for all. arg is the view. */
void kube_view_fault(void *view, const char *what, const struct error *err);

/* Under the lock: tell the listener of the readers (subject NULL: of all), but of one. */
void kube_view_tell(struct kube_view *v, struct readers *readers, const char *subject,
                    const char *but);

/* Under the lock: has the Service a ready endpoint, as far as can be known? What cannot
 * be known (no slices are served, or they are of a namespace that is not watched) is
 * taken for ready. `reader` is told when it changes. */
bool kube_view_ready(struct kube_view *v, const char *namespace, const char *service,
                     const char *reader);

/* Under the lock: the reader is not told any more. */
void kube_view_forget(struct kube_view *v, const char *namespace, const char *service,
                      const char *reader);

#endif

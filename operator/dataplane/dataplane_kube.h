/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane_kube.h - data planes that are objects of the Kubernetes API.
 *
 * All objects of a kind are watched once a route asks for one, and so are EndpointSlices:
 * reading costs no request, and who changes a weight or takes the last ready endpoint
 * away is noticed at once. Writing is one JSON Patch, which touches nothing but weights
 * and fails as a whole when the object is not what it was made for; it is then read anew
 * and patched again. resourceVersion is no part of that condition: gateways write the
 * status of the same object all the time.
 */
#ifndef DATAPLANE_DATAPLANE_KUBE_H
#define DATAPLANE_DATAPLANE_KUBE_H

#include "dataplane/dataplane.h"
#include "kube/client.h"

struct dataplane_kube_options {
    struct kube_access *access;
    const char *namespace;  /* NULL or "": all */
    const char *user_agent; /* its beginning is the field manager of what we write */

    /* All may be NULL, and are called from any thread. */
    kube_report_fn *report;
    kube_warning_fn *warn;
    void (*fault)(void *arg, const char *what, const struct error *err);
    /* Asked before each write; false refuses it with ERR_CANCELED. */
    bool (*may_write)(void *arg);
    void *arg;
};

/* The data planes share it. */
struct kube_view;
struct kube_view *kube_view_new(const struct dataplane_kube_options *options);
/* Ends all watches and requests, then waits for the threads. Before the data planes are
 * freed. */
void kube_view_stop(struct kube_view *v);
/* After they were. */
void kube_view_free(struct kube_view *v);
DEFINE_FREEP(struct kube_view *, kube_view_free)

/* spec.targetRef names an HTTPRoute, or a VirtualService. Arms are found by their
 * backend's service. */
struct dataplane *dataplane_httproute(struct kube_view *v);
struct dataplane *dataplane_virtualservice(struct kube_view *v);

#endif

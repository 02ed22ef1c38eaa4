/* SPDX-License-Identifier: Apache-2.0 */
/* kube_plane.h - a data plane whose weights are in objects of the Kubernetes API. Private
 * to kube_plane.c, which sees, and kube_write.c, which writes.
 */
#ifndef DATAPLANE_KUBE_PLANE_H
#define DATAPLANE_KUBE_PLANE_H

#include "dataplane/dataplane_ops.h"
#include "dataplane/kube_view.h"
#include "dataplane/split.h"

enum { KUBE_KEY_MAX = ROUTE_LABEL_MAX + ROUTE_NAME_MAX };

struct kube_plane {
    struct dataplane base;
    struct kube_view *view;
    const struct split_kind *kind;
    struct collection *objects; /* struct seen */
    struct readers readers;     /* under the view's lock */
    const char *in_hand;        /* the reader that makes the change; under it, too */
};

/* An object as it was read. The rest is what this process knows of it, and goes on to
 * what the object becomes. */
struct seen {
    struct split *split;
    int64_t grace_until_ms;  /* until then a gateway that is not done is no news */
    int64_t made_generation; /* as our own apply left it; 0: none did */
};

struct seen *seen_new(const struct kube_plane *p, const struct json *object);

void kube_key(char key[KUBE_KEY_MAX], const char *namespace, const char *name);

/* ---- under the view's lock -----------------------------------------------------------
 */

/* The object, its version in *version; NULL with ERR_NOT_FOUND where there is none. The
 * route is told when it changes. */
struct seen *kube_plane_find(struct kube_plane *p, const struct bandit_route *r,
                             const char **version, struct error *err);

/* What the object says, and which arms are alive. s NULL: there is none yet, and the
 * route has a template to make it from. */
bool kube_plane_report(struct kube_plane *p, const struct seen *s,
                       const struct bandit_route *r, struct dataplane_report *report,
                       struct error *err);

/* ---- without it ----------------------------------------------------------------------
 */

/* Of struct dataplane_ops. */
bool kube_plane_read(struct dataplane *d, const struct bandit_route *r,
                     struct dataplane_report *report, struct error *err);
bool kube_plane_write(struct dataplane *d, const struct bandit_route *r,
                      const double *weights, struct dataplane_report *report,
                      struct error *err);

#endif

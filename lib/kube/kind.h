/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h - a kind of object as a row of a table, and the paths at which it is served. */
#ifndef KUBE_KIND_H
#define KUBE_KIND_H

#include <stdbool.h>

#include "base/buf.h"

struct kube_kind {
    const char *kind;    /* "HTTPRoute" */
    const char *group;   /* "" for the core group */
    const char *version; /* "v1" */
    const char *plural;  /* "httproutes" */
    bool namespaced;
};

/* Which object, or which collection of them. */
struct kube_ref {
    const struct kube_kind *kind;
    const char *namespace;   /* NULL: all, or not namespaced */
    const char *name;        /* NULL: the collection */
    const char *subresource; /* "status"; NULL: the object itself */
};

/* "GROUP/VERSION", or the version alone in the core group. */
void kube_add_api_version(struct buf *out, const struct kube_kind *kind);

/* Append the path, every part of it percent-encoded. */
void kube_add_path(struct buf *out, const struct kube_ref *ref);

/* Append "?key=value" or "&key=value", the value percent-encoded. */
void kube_add_query(struct buf *out, const char *key, const char *value);

#endif

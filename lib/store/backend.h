/* SPDX-License-Identifier: Apache-2.0 */
/* backend.h - what a kind of store implements: the functions of store.h. Its own struct
 * begins with a struct store. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

struct store_backend {
    bool (*watch)(struct store *s, struct stop *stop, store_event_fn *fn, void *arg,
                  struct error *err);
    bool (*write_status)(struct store *s, const struct bandit_route *r,
                         struct error *err);
    bool (*set_finalizer)(struct store *s, const char *namespace, const char *name,
                          bool on, struct error *err); /* NULL: objects have none */
    void (*stats)(struct store *s, struct store_stats *out);
    void (*free)(struct store *s);
};

struct store {
    const struct store_backend *backend;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* store_kube.h - the API server as store: objects come by list and watch, statuses go to
 * the status subresource.
 *
 * A status replaces the one before it whole, under the condition that nobody else wrote
 * the object since the listener was told of it: ERR_CONFLICT otherwise, and the change is
 * told. An object that the schema let through and that we do not understand is told as
 * STORE_INVALID.
 */
#ifndef STORE_STORE_KUBE_H
#define STORE_STORE_KUBE_H

#include "kube/client.h"
#include "store/store.h"

extern const struct kube_kind store_kube_kind; /* BanditRoute */

struct store_kube_options {
    struct kube_access *access;
    const char *namespace;  /* NULL or "": all */
    const char *user_agent; /* or NULL */

    /* All may be NULL, and are called from any thread. */
    kube_report_fn *report;
    kube_warning_fn *warn;
    /* A list or watch ("list", "watch") failed; it is tried again. */
    void (*fault)(void *arg, const char *what, const struct error *err);
    /* Asked before each write; false refuses it with ERR_CANCELED. */
    bool (*may_write)(void *arg);
    void *arg;
};

/* What the options point to is borrowed for the store's life. Nothing is contacted yet: a
 * server that is down is waited for by store_watch(). */
struct store *store_kube_open(const struct store_kube_options *options);

#endif

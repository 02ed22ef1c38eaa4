/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - one watch of a collection, from a version of it until the server ends it. */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "kube/client.h"
#include "kube/watch_decoder.h"

struct kube_watch {
    struct kube_ref ref;
    const char *label_selector; /* or NULL */
    const char *version;        /* go on from here */
    int64_t timeout_s;          /* the server is asked to end it then */
    void (*begun)(void *arg);   /* the server has agreed to it; or NULL */
    kube_watch_fn *fn;
    void *arg;
    int *refusal; /* set to the code with which the server itself refused it or ended it,
                   * by a status or by an event; else to 0; or NULL */
};

/* True when the server ended it in good order. ERR_EXPIRED: list again; ERR_INVALID: what
 * came cannot be understood; the rest: go on from the last version seen. A peer that
 * vanished is noticed within a minute, or half a minute after timeout_s at the latest. */
bool kube_watch(struct kube_client *c, const struct kube_watch *watch, struct error *err);

#endif

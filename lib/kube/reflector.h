/* SPDX-License-Identifier: Apache-2.0 */
/* reflector.h - every object of a kind, and every change, for as long as it runs.
 *
 * List, then watch from there. A watch that ends goes on where it was; one whose version
 * is forgotten (410, as a status or as an event), or at which the server breaks three
 * times in a row (500), is begun anew with a list, after which objects that vanished
 * meanwhile are told as deleted, and only those that changed are told again. Faults are
 * told, and retried with back-off.
 */
#ifndef KUBE_REFLECTOR_H
#define KUBE_REFLECTOR_H

#include "kube/client.h"

enum reflector_event_type {
    REFLECTOR_UPSERT,
    REFLECTOR_DELETE, /* object is NULL: nobody saw it last */
    REFLECTOR_SYNCED, /* all that there is was told, once */
};

struct reflector_event {
    enum reflector_event_type type;
    const char *key; /* "namespace/name"; NULL with REFLECTOR_SYNCED */
    const struct json *object;
    const char *version; /* of the object; NULL without one */
};

/* What became of a list or a watch; err is NULL when all is well. */
enum reflector_step {
    REFLECTOR_LISTED,
    REFLECTOR_WATCHING, /* the server began to tell changes */
    REFLECTOR_WATCHED,  /* and ended */
};

struct reflector {
    struct kube_client *client; /* whose stop is what ends it */
    struct stop *stop;
    struct kube_ref ref;
    const char *label_selector; /* or NULL */
    int64_t watch_min_s;        /* 0: 300; a watch lasts so long to twice that */
    int64_t backoff_first_ms;   /* 0: 800 */
    int64_t list_limit;         /* 0: 100 */
    bool until_absent;          /* return when a list says 404: it is not served */
    void (*tell)(void *arg, const struct reflector_event *event);
    void (*step)(void *arg, enum reflector_step step, const struct error *err);
    void *arg;
};

/* Returns once asked to stop (and see until_absent). Both hooks are called from this
 * thread. */
void reflector_run(const struct reflector *r);

#endif

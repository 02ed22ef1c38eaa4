/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - whom to ask and as whom: a configuration, and the credentials of the moment.
 *
 * Tokens do not last: a token file is read again twice a minute, a plugin is run again
 * before what it gave expires, and both at once when the server says 401. Nobody waits
 * for a plugin while what it gave before is good: it may take a minute, and a lease
 * cannot. Any thread; one access serves all clients of a program.
 */
#ifndef KUBE_ACCESS_H
#define KUBE_ACCESS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "kube/config.h"

struct kube_access;

/* See kube_config_load(). */
struct kube_access *kube_access_open(const char *kubeconfig, const char *context,
                                     struct error *err);
/* Takes what the configuration owns. */
struct kube_access *kube_access_new(struct kube_config *config);
/* Ends a plugin that runs. */
void kube_access_free(struct kube_access *a);
DEFINE_FREEP(struct kube_access *, kube_access_free)

const struct kube_config *kube_access_config(const struct kube_access *a);

/* What to show the server with the next request. */
struct kube_identity {
    uint64_t version;         /* another one: other texts below */
    struct buf bearer;        /* the token, "" without one */
    char *cert_pem, *key_pem; /* from a plugin; else see the configuration */
};

void kube_identity_clear(struct kube_identity *id);

/* Fills in *id, which is cleared first, unless it is that of the moment already. Where
 * there is nothing to show, it waits for the plugin; stop (or NULL) ends that with
 * ERR_CANCELED, within a moment. */
bool kube_access_identify(struct kube_access *a, struct kube_identity *id,
                          const struct stop *stop, struct error *err);

/* The server did not believe this one: get another as soon as one is asked for. */
void kube_access_refused(struct kube_access *a, uint64_t version);

#endif

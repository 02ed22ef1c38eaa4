/* SPDX-License-Identifier: Apache-2.0 */
/* exec_plugin.h - ask a credential plugin (client.authentication.k8s.io) who we are.
 * Internal to lib/kube. */
#ifndef KUBE_EXEC_PLUGIN_H
#define KUBE_EXEC_PLUGIN_H

#include "base/stop.h"
#include "kube/config.h"

struct exec_credential {
    char *token;
    char *cert_pem, *key_pem;
    int64_t expires_ms; /* wall; 0: it does not say */
};

void exec_credential_clear(struct exec_credential *c);

/* What the plugin is given in KUBERNETES_EXEC_INFO. Release: free(). */
char *exec_info(const struct kube_config *config);

/* Read what a plugin printed. */
bool exec_credential_read(const struct kube_exec *exec, const char *text, size_t n,
                          struct exec_credential *out, struct error *err);

/* Run it, until it has ended: stop (or NULL) or the time ends it by force, and all that
 * it started. Its standard error is ours. */
bool exec_plugin_run(const struct kube_config *config, int64_t timeout_ms,
                     struct stop *stop, struct exec_credential *out, struct error *err);

#endif

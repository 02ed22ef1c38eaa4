/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - where the API server is and how to prove who we are: from a pod's service
 * account, or from a kubeconfig.
 *
 * A plain value that owns its texts; NULL: not stated. Nothing is contacted and no token
 * is read here: see access.h.
 */
#ifndef KUBE_CONFIG_H
#define KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A program that prints credentials: the client-go credential plugin protocol. */
struct kube_exec {
    char *command; /* NULL: none; relative to the kubeconfig when it has a slash */
    char **args;   /* NULL-terminated, without the command; NULL: none */
    char **env;    /* "NAME=value", NULL-terminated; NULL: none */
    char *api_version;
    char *install_hint;
    bool provide_cluster_info;
};

struct kube_config {
    char *origin;      /* for people: "in-cluster", "FILE, context NAME" */
    char *server;      /* "https://host:port", without a slash at the end */
    char *namespace;   /* "default" when nothing else is stated */
    char *server_name; /* that the certificate has to prove, if not the server's host */
    char *proxy_url;
    bool insecure;
    char *ca_file, *ca_pem;
    char *cert_file, *cert_pem;
    char *key_file, *key_pem;
    char *token, *token_file; /* the file wins, it is renewed */
    char *user, *password;
    struct kube_exec exec;
};

void kube_config_clear(struct kube_config *c);

/* From a pod's environment and mounted service account; folder NULL: the usual one.
 * ERR_NOT_FOUND: this is no pod. */
bool kube_config_in_cluster(struct kube_config *out, const char *folder,
                            struct error *err);

/* From a kubeconfig: one file, or several joined by ':', of which the first to name
 * something wins. context NULL or "": the current one. Errors name file and field. */
bool kube_config_from_files(struct kube_config *out, const char *paths,
                            const char *context, struct error *err);

/* In the order that people know: the file, $KUBECONFIG, the pod we are in,
 * ~/.kube/config. Asking for a context passes over the pod. */
bool kube_config_load(struct kube_config *out, const char *file, const char *context,
                      struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a credential plugin, and what it says. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "kube/exec_plugin.h"
#include "json/json.h"

enum { INFO_BYTES_MAX = 1 << 20 };

void exec_credential_clear(struct exec_credential *c)
{
    free(c->token);
    free(c->cert_pem);
    free(c->key_pem);
    *c = (struct exec_credential){.token = NULL};
}

static struct json *cluster_info(const struct kube_config *config)
{
    struct json *cluster = json_new_object();

    json_put_string(cluster, "server", config->server);
    if (config->server_name)
        json_put_string(cluster, "tls-server-name", config->server_name);
    if (config->proxy_url)
        json_put_string(cluster, "proxy-url", config->proxy_url);
    if (config->insecure)
        json_put_bool(cluster, "insecure-skip-tls-verify", true);
    return cluster;
}

char *exec_info(const struct kube_config *config)
{
    CLEANUP(json_freep)
    struct json *info = json_new_object();
    struct json *spec = json_new_object();
    struct buf text = BUF_INIT(INFO_BYTES_MAX);

    json_put_string(info, "apiVersion", config->exec.api_version);
    json_put_string(info, "kind", "ExecCredential");
    json_put_bool(spec, "interactive", false);
    if (config->exec.provide_cluster_info)
        json_put(spec, "cluster", cluster_info(config));
    json_put(info, "spec", spec);
    json_write(info, &text);
    return buf_take(&text);
}

static char *taken(const struct json *status, const char *field)
{
    const char *text = json_string(json_get(status, field), "");

    return *text ? mem_strdup(text) : NULL;
}

static bool read_status(const struct json *status, struct exec_credential *out,
                        struct error *err)
{
    const char *expires = json_string(json_get(status, "expirationTimestamp"), "");

    if (*expires && !clock_parse(expires, &out->expires_ms, err))
        return error_wrap(err, "status.expirationTimestamp");
    out->token = taken(status, "token");
    out->cert_pem = taken(status, "clientCertificateData");
    out->key_pem = taken(status, "clientKeyData");
    if (!out->cert_pem != !out->key_pem)
        return error_set(err, ERR_INVALID,
                         "status: a client certificate and its key come together");
    if (!out->token && !out->cert_pem)
        return error_set(err, ERR_INVALID,
                         "status: neither a token nor a client certificate");
    return true;
}

bool exec_credential_read(const struct kube_exec *exec, const char *text, size_t n,
                          struct exec_credential *out, struct error *err)
{
    CLEANUP(json_freep)
    struct json *tree = json_parse(text, n, err);
    struct exec_credential c = {.token = NULL};

    if (!tree)
        return false;
    if (strcmp(json_string(json_get(tree, "kind"), ""), "ExecCredential") != 0)
        return error_set(err, ERR_INVALID, "kind: expected ExecCredential");
    if (strcmp(json_string(json_get(tree, "apiVersion"), ""), exec->api_version) != 0)
        return error_set(err, ERR_INVALID, "apiVersion: expected %s, as it was asked for",
                         exec->api_version);
    if (!read_status(json_get(tree, "status"), &c, err)) {
        exec_credential_clear(&c);
        return false;
    }
    *out = c;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

static const char account_folder[] = "/var/run/secrets/kubernetes.io/serviceaccount";

enum { PATH_BYTES_MAX = 4096, NAMESPACE_BYTES_MAX = 256, URL_BYTES_MAX = 1024 };

static void free_list(char **list)
{
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
}

void kube_config_clear(struct kube_config *c)
{
    char *const texts[] = {c->origin,           c->server,
                           c->namespace,        c->server_name,
                           c->proxy_url,        c->ca_file,
                           c->ca_pem,           c->cert_file,
                           c->cert_pem,         c->key_file,
                           c->key_pem,          c->token,
                           c->token_file,       c->user,
                           c->password,         c->exec.command,
                           c->exec.api_version, c->exec.install_hint};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
    free_list(c->exec.args);
    free_list(c->exec.env);
    *c = (struct kube_config){.server = NULL};
}

/* ---- in a pod ------------------------------------------------------------------------
 */

static char *joined(const char *folder, const char *file)
{
    struct buf path = BUF_INIT(PATH_BYTES_MAX);

    buf_printf(&path, "%s/%s", folder, file);
    return buf_take(&path);
}

/* The first line of the file, or NULL. */
static char *first_line(const char *path)
{
    struct buf text = BUF_INIT(NAMESPACE_BYTES_MAX);
    struct error ignored;

    if (!file_read(path, &text, &ignored) || !*buf_str(&text)) {
        buf_clear(&text);
        return NULL;
    }
    buf_cut(&text, strcspn(buf_str(&text), "\r\n \t"));
    return buf_take(&text);
}

static char *url_of(const char *host, const char *port)
{
    struct buf url = BUF_INIT(URL_BYTES_MAX);
    bool bare_ipv6 = strchr(host, ':') && *host != '[';

    buf_printf(&url, bare_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
    return buf_take(&url);
}

bool kube_config_in_cluster(struct kube_config *out, const char *folder,
                            struct error *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    CLEANUP(mem_freep)
    char *token_file = joined(folder ? folder : account_folder, "token");
    CLEANUP(mem_freep)
    char *namespace_file = joined(folder ? folder : account_folder, "namespace");

    if (!host || !*host || !port || !*port)
        return error_set(err, ERR_NOT_FOUND,
                         "this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set");
    if (access(token_file, R_OK))
        return error_set(err, ERR_NOT_FOUND,
                         "this pod has no service account token: %s cannot be read",
                         token_file);
    *out = (struct kube_config){
        .origin = mem_strdup("in-cluster"),
        .server = url_of(host, port),
        .namespace = first_line(namespace_file),
        .ca_file = joined(folder ? folder : account_folder, "ca.crt"),
        .token_file = STEAL(token_file),
    };
    if (!out->namespace)
        out->namespace = mem_strdup("default");
    return true;
}

/* ---- which one -----------------------------------------------------------------------
 */

bool kube_config_load(struct kube_config *out, const char *file, const char *context,
                      struct error *err)
{
    const char *from_env = getenv("KUBECONFIG");
    const char *home = getenv("HOME");
    CLEANUP(mem_freep)
    char *usual = joined(home ? home : "", ".kube/config");

    if (file && *file)
        return kube_config_from_files(out, file, context, err);
    if (from_env && *from_env)
        return kube_config_from_files(out, from_env, context, err);
    if (!(context && *context) && kube_config_in_cluster(out, NULL, err))
        return true;
    if (home && access(usual, R_OK) == 0)
        return kube_config_from_files(out, usual, context, err);
    return error_set(
        err, ERR_NOT_FOUND,
        "no Kubernetes configuration: no kubeconfig is named, $KUBECONFIG is "
        "not set, this is no pod with a service account, and there is no %s",
        usual);
}

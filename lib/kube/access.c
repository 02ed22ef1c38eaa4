/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/access.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "kube/exec_plugin.h"

enum {
    TOKEN_BYTES_MAX = 64 * 1024,
    READ_AGAIN_MS = 30000,    /* kubelet swaps the file long before the token expires */
    EXPIRY_LEEWAY_MS = 10000, /* a request takes its time, and clocks differ */
    REFUSED_PAUSE_MS = 1000,  /* a server that refuses all must not make us spin */
};

struct kube_access {
    struct kube_config config;
    struct stop *stop;
    /* Held while the file is read or the plugin runs: who asks meanwhile needs that
     * answer, too. Guards: */
    pthread_mutex_t lock;
    uint64_t version; /* 0: nothing was read yet */
    struct buf bearer;
    struct exec_credential plugin;
    int64_t read_ms; /* monotonic */
    bool refused;
};

struct kube_access *kube_access_new(struct kube_config *config, struct stop *stop)
{
    struct kube_access *a = mem_alloc(1, sizeof(*a));

    a->config = *config;
    *config = (struct kube_config){.server = NULL};
    a->stop = stop;
    buf_init(&a->bearer, TOKEN_BYTES_MAX);
    (void)pthread_mutex_init(&a->lock, NULL);
    return a;
}

struct kube_access *kube_access_open(const char *kubeconfig, const char *context,
                                     struct stop *stop, struct error *err)
{
    struct kube_config config;

    if (!kube_config_load(&config, kubeconfig, context, err))
        return NULL;
    return kube_access_new(&config, stop);
}

void kube_access_free(struct kube_access *a)
{
    if (!a)
        return;
    kube_config_clear(&a->config);
    buf_clear(&a->bearer);
    exec_credential_clear(&a->plugin);
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

const struct kube_config *kube_access_config(const struct kube_access *a)
{
    return &a->config;
}

void kube_identity_clear(struct kube_identity *id)
{
    buf_clear(&id->bearer);
    free(STEAL(id->cert_pem));
    free(STEAL(id->key_pem));
    id->version = 0;
}

/* ---- getting them, under the lock ----------------------------------------------------
 */

static void adopt(struct kube_access *a, const char *token)
{
    if (a->version && strcmp(buf_str(&a->bearer), token) == 0)
        return;
    buf_reset(&a->bearer);
    buf_puts(&a->bearer, token);
    a->version++;
}

/* One line, whatever is around it. It goes into a header, so nothing else may. */
static bool read_token_file(struct kube_access *a, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(TOKEN_BYTES_MAX);
    size_t start;

    if (!file_read(a->config.token_file, &text, err))
        return error_wrap(err, "token");
    start = strspn(buf_str(&text), " \t\r\n");
    while (text.len > start && strchr(" \t\r\n", text.data[text.len - 1]))
        buf_cut(&text, text.len - 1);
    if (text.len <= start || strlen(text.data) != text.len)
        return error_set(err, ERR_INVALID, "token: %s is empty or no text",
                         a->config.token_file);
    adopt(a, text.data + start);
    return true;
}

static bool run_plugin(struct kube_access *a, struct error *err)
{
    struct exec_credential fresh;

    if (!exec_plugin_run(&a->config, a->stop, &fresh, err))
        return false;
    exec_credential_clear(&a->plugin);
    a->plugin = fresh;
    a->version++; /* the certificate may be another one though the token is not */
    buf_reset(&a->bearer);
    buf_puts(&a->bearer, fresh.token ? fresh.token : "");
    return true;
}

static bool is_due(const struct kube_access *a)
{
    int64_t age_ms = clock_mono_ms() - a->read_ms;
    const struct kube_config *c = &a->config;

    if (!a->version)
        return true;
    if (a->refused && (c->token_file || c->exec.command))
        return age_ms >= REFUSED_PAUSE_MS;
    if (c->token_file)
        return age_ms >= READ_AGAIN_MS;
    if (c->exec.command && a->plugin.expires_ms)
        return clock_wall_ms() >= a->plugin.expires_ms - EXPIRY_LEEWAY_MS &&
               age_ms >= REFUSED_PAUSE_MS;
    return false;
}

static bool get(struct kube_access *a, struct error *err)
{
    if (a->config.token_file)
        return read_token_file(a, err);
    if (a->config.exec.command)
        return run_plugin(a, err);
    adopt(a, a->config.token ? a->config.token : "");
    return true;
}

/* What was good before stays good when it cannot be renewed: the server decides. */
static bool renew(struct kube_access *a, struct error *err)
{
    bool ok;

    if (!is_due(a))
        return true;
    ok = get(a, err);
    a->read_ms = clock_mono_ms();
    a->refused = false;
    return ok || a->version;
}

/* ---- handing them out ----------------------------------------------------------------
 */

bool kube_access_identify(struct kube_access *a, struct kube_identity *id,
                          struct error *err)
{
    bool ok;

    (void)pthread_mutex_lock(&a->lock);
    ok = renew(a, err);
    if (ok && id->version != a->version) {
        kube_identity_clear(id);
        id->version = a->version;
        buf_init(&id->bearer, TOKEN_BYTES_MAX);
        buf_puts(&id->bearer, buf_str(&a->bearer));
        id->cert_pem = a->plugin.cert_pem ? mem_strdup(a->plugin.cert_pem) : NULL;
        id->key_pem = a->plugin.key_pem ? mem_strdup(a->plugin.key_pem) : NULL;
    }
    (void)pthread_mutex_unlock(&a->lock);
    return ok;
}

void kube_access_refused(struct kube_access *a, uint64_t version)
{
    (void)pthread_mutex_lock(&a->lock);
    if (version == a->version)
        a->refused = true;
    (void)pthread_mutex_unlock(&a->lock);
}

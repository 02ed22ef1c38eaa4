/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/access.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "kube/exec_plugin.h"

enum {
    TOKEN_BYTES_MAX = 64 * 1024,
    READ_AGAIN_MS = 30000, /* kubelet swaps the file long before the token expires */
    PLUGIN_MS = 60000,     /* a person may have to touch a key */
    LEEWAY_MAX_MS = 60000, /* so long before the end a plugin is run again, */
    LEEWAY_PART = 4,       /* or in the last quarter of what does not last long */
    AHEAD_PAUSE_MS = 5000, /* a plugin that fails is tried again, while there is time, */
    REFUSED_PAUSE_MS = 1000, /* and when there is none, or the server refuses all */
    LOOK_MS = 50,            /* how often who waits looks whether it should stop */
};

struct kube_access {
    struct kube_config config;
    struct stop *stop; /* of the plugin that runs */

    pthread_mutex_t lock; /* held while a token file is read, not while a plugin runs;
                           * guards: */
    pthread_cond_t renewed;
    pthread_t runner;
    bool started;     /* there is a runner to be joined */
    bool running;     /* and it is not done yet */
    uint64_t version; /* 0: nothing was read yet */
    struct buf bearer;
    struct exec_credential plugin;
    int64_t renew_ms; /* wall: the plugin is due; 0: what it gave does not expire */
    int64_t read_ms;  /* monotonic */
    bool refused;
    struct error why; /* the last try failed */
};

struct kube_access *kube_access_new(struct kube_config *config)
{
    struct kube_access *a = mem_alloc(1, sizeof(*a));
    pthread_condattr_t attr;

    a->config = *config;
    *config = (struct kube_config){.server = NULL};
    a->stop = stop_new();
    buf_init(&a->bearer, TOKEN_BYTES_MAX);
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&a->renewed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return a;
}

struct kube_access *kube_access_open(const char *kubeconfig, const char *context,
                                     struct error *err)
{
    struct kube_config config;

    if (!kube_config_load(&config, kubeconfig, context, err))
        return NULL;
    return kube_access_new(&config);
}

void kube_access_free(struct kube_access *a)
{
    if (!a)
        return;
    stop_request(a->stop);
    if (a->started)
        (void)pthread_join(a->runner, NULL);
    stop_free(a->stop);
    (void)pthread_cond_destroy(&a->renewed);
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

/* ---- files, under the lock -----------------------------------------------------------
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

static bool read_here(struct kube_access *a, struct error *err)
{
    if (a->config.token_file)
        return read_token_file(a, err);
    adopt(a, a->config.token ? a->config.token : "");
    return true;
}

/* ---- plugins, in a thread of their own -----------------------------------------------
 */

/* In time for the slowest of plugins, but not all the time. */
static int64_t renewal_of(const struct exec_credential *c)
{
    int64_t leeway_ms = (c->expires_ms - clock_wall_ms()) / LEEWAY_PART;

    if (!c->expires_ms)
        return 0;
    return c->expires_ms - (leeway_ms < LEEWAY_MAX_MS ? leeway_ms : LEEWAY_MAX_MS);
}

/* Under the lock. */
static void take_credential(struct kube_access *a, const struct exec_credential *fresh)
{
    exec_credential_clear(&a->plugin);
    a->plugin = *fresh;
    a->renew_ms = renewal_of(fresh);
    a->version++; /* the certificate may be another one though the token is not */
    buf_reset(&a->bearer);
    buf_puts(&a->bearer, fresh->token ? fresh->token : "");
}

/* Under the lock. */
static void settle(struct kube_access *a)
{
    a->read_ms = clock_mono_ms();
    a->refused = false;
}

static void *run_plugin(void *arg)
{
    struct kube_access *a = arg;
    struct exec_credential fresh;
    struct error err;
    bool ok = exec_plugin_run(&a->config, PLUGIN_MS, a->stop, &fresh, &err);

    (void)pthread_mutex_lock(&a->lock);
    if (ok)
        take_credential(a, &fresh);
    else
        a->why = err;
    settle(a);
    a->running = false;
    (void)pthread_cond_broadcast(&a->renewed);
    (void)pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* Under the lock; nothing while one runs. */
static void start_plugin(struct kube_access *a)
{
    int failure;

    if (a->running)
        return;
    if (a->started)
        (void)pthread_join(a->runner, NULL); /* it is past its last use of the lock */
    failure = pthread_create(&a->runner, NULL, run_plugin, a);
    a->started = a->running = !failure;
    if (failure) {
        (void)error_errno(&a->why, failure, "cannot run the credential plugin");
        settle(a);
    }
}

/* ---- keeping them fresh, under the lock ----------------------------------------------
 */

/* What we have will do while another is on its way. */
static bool is_usable(const struct kube_access *a)
{
    int64_t expires_ms = a->plugin.expires_ms;

    return a->version && !a->refused && (!expires_ms || clock_wall_ms() < expires_ms);
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
    return a->renew_ms && clock_wall_ms() >= a->renew_ms &&
           age_ms >= (is_usable(a) ? AHEAD_PAUSE_MS : REFUSED_PAUSE_MS);
}

static bool wait_for_plugin(struct kube_access *a, const struct stop *stop,
                            struct error *err)
{
    while (a->running && !is_usable(a)) {
        struct timespec end = clock_timespec(clock_mono_ms() + LOOK_MS);

        if (stop && stop_requested(stop))
            return error_set(err, ERR_CANCELED, "asked to stop");
        (void)pthread_cond_timedwait(&a->renewed, &a->lock, &end);
    }
    return true;
}

/* What was good before stays good when it cannot be renewed: the server decides. */
static bool renew(struct kube_access *a, const struct stop *stop, struct error *err)
{
    bool due = is_due(a);

    if (due && a->config.exec.command && !a->config.token_file) {
        start_plugin(a);
    } else if (due) {
        (void)read_here(a, &a->why);
        settle(a);
    }
    if (!wait_for_plugin(a, stop, err))
        return false;
    if (!a->version)
        *err = a->why;
    return a->version != 0;
}

/* ---- handing them out ----------------------------------------------------------------
 */

bool kube_access_identify(struct kube_access *a, struct kube_identity *id,
                          const struct stop *stop, struct error *err)
{
    bool ok;

    (void)pthread_mutex_lock(&a->lock);
    ok = renew(a, stop, err);
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

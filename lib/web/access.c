/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "web/internal.h"

enum { LOOK_AGAIN_MS = 1000 };

/* To be called with the lock held, or before the server runs. */
static void set_config(struct web *w, struct web_config *c)
{
    bool open = !c->user_count && !c->rate_interval_ms;

    for (size_t i = 0; i < WEB_HEADERS; i++)
        open = open && !c->headers[i];
    w->config = c;
    atomic_store(&w->open, open);
}

static struct web_config *current(struct web *w)
{
    struct web_config *c;

    (void)pthread_mutex_lock(&w->lock);
    c = web_config_ref(w->config);
    (void)pthread_mutex_unlock(&w->lock);
    return c;
}

static bool refuse(struct httpd_response *resp, int status, const char *text)
{
    httpd_response_text(resp, status, text);
    return false;
}

static bool guarded_filter(struct web *w, const struct httpd_request *req,
                           struct httpd_response *resp)
{
    CLEANUP(web_config_unrefp)
    struct web_config *c = current(w);
    int64_t now_ms = clock_mono_ms();

    for (size_t i = 0; i < WEB_HEADERS; i++)
        if (c->headers[i])
            httpd_response_header(resp, web_header_names[i], c->headers[i]);
    if (w->options.filter && !w->options.filter(w->options.arg, req, resp))
        return false;
    if (!guard_has_room(w->guard, c, now_ms))
        return refuse(resp, 429, "too many requests\n");
    switch (guard_admits(w->guard, c, httpd_header(req, "Authorization"), now_ms)) {
    case GUARD_ADMITTED:
        return true;
    case GUARD_BUSY:
        httpd_response_header(resp, "Retry-After", "1");
        return refuse(resp, 503, "too many passwords are being tried\n");
    case GUARD_REFUSED:
        break;
    }
    httpd_response_header(resp, "WWW-Authenticate", "Basic");
    return refuse(resp, 401, "unauthorized\n");
}

/* Without a configuration, as model servers mostly are, no lock that threads share. */
bool access_filter(void *arg, const struct httpd_request *req,
                   struct httpd_response *resp)
{
    struct web *w = arg;

    if (!atomic_load_explicit(&w->open, memory_order_acquire))
        return guarded_filter(w, req, resp);
    return !w->options.filter || w->options.filter(w->options.arg, req, resp);
}

static void take(struct web *w, struct web_config *c)
{
    struct web_config *old;

    (void)pthread_mutex_lock(&w->lock);
    old = w->config;
    set_config(w, c);
    (void)pthread_mutex_unlock(&w->lock);
    if (c->tls)
        httpd_set_tls(w->httpd, c->tls);
    web_config_unref(old);
}

bool web_reload(struct web *w, struct error *err)
{
    CLEANUP(web_config_unrefp)
    struct web_config *old = current(w);
    CLEANUP(web_config_unrefp)
    struct web_config *c = web_config_read(w->options.flags->config_file, err);

    if (!c)
        return false;
    if (!c->tls != !old->tls)
        return error_set(err, ERR_INVALID,
                         "turning TLS on or off takes a restart of the program");
    take(w, STEAL(c));
    return true;
}

/* A certificate and its key are two files: a look between the writing of the one and the
 * other fails, keeps what was, and is made up for by the next. */
static void *follow(void *arg)
{
    struct web *w = arg;
    uint64_t seen = w->config->stamp;

    while (!stop_wait_ms(w->stop, LOOK_AGAIN_MS)) {
        CLEANUP(web_config_unrefp)
        struct web_config *c = current(w);
        uint64_t now = web_config_stamp(c);
        struct error err;
        bool fine;

        if (now == seen)
            continue;
        seen = now; /* also when it cannot be read: that is said once */
        fine = web_reload(w, &err);
        if (w->options.on_reload)
            w->options.on_reload(w->options.arg, fine ? NULL : err.msg);
    }
    return NULL;
}

bool access_open(struct web *w, struct error *err)
{
    struct web_config *c;

    (void)pthread_mutex_init(&w->lock, NULL);
    w->guard = guard_new(!w->options.pool_threads);
    w->stop = stop_new();
    c = web_config_read(w->options.flags->config_file, err);
    if (!c)
        return error_wrap(err, "--web.config.file");
    set_config(w, c);
    return true;
}

void access_follow(struct web *w)
{
    w->follows = w->config->file_count && !pthread_create(&w->follower, NULL, follow, w);
}

void access_close(struct web *w)
{
    stop_request(w->stop);
    if (w->follows)
        (void)pthread_join(w->follower, NULL);
    stop_free(w->stop);
    guard_free(w->guard);
    web_config_unref(w->config);
    (void)pthread_mutex_destroy(&w->lock);
}

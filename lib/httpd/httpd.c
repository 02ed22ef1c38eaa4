/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/httpd.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/internal.h"

enum {
    DEFAULT_CONNECTIONS = 1000,
    DEFAULT_REQUEST_S = 60,
    DEFAULT_ANSWER_S = 60,
    /* libmicrohttpd resets whoever comes past its limit, so ours has to come first. */
    HEADROOM = 2,
    STACK_BYTES = 512 * 1024, /* of a connection's thread */
    /* Heads of requests and answers live here, and libmicrohttpd clears all of it after
     * each request: with its own 32 KiB that is a sixth of a small answer's CPU. */
    POOL_CONNECTION_BYTES = 8 * 1024,
};

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct httpd *h = arg;
    struct peer *peer = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

        *context = peer = mem_alloc(1, sizeof(*peer));
        connections_add(h->connections, &peer->watched, info->connect_fd);
        peer->tls = h->options.tls ? tls_begin(h, connection) : NULL;
    } else {
        connections_remove(h->connections, &peer->watched);
        httpd_tls_unref(peer->tls);
        free(peer);
        *context = NULL;
    }
}

static bool start_daemon(struct httpd *h, struct listener *l)
{
    const struct httpd_options *o = &h->options;
    unsigned flags = o->pool_threads
                         ? MHD_USE_EPOLL_INTERNAL_THREAD
                         : MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL_INTERNAL_THREAD;
    struct MHD_OptionItem items[8];
    size_t n = 0;

    items[n++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, l->fd, NULL};
    items[n++] = (struct MHD_OptionItem){
        MHD_OPTION_CONNECTION_LIMIT,
        HEADROOM * or_default(o->max_connections, DEFAULT_CONNECTIONS), NULL};
    if (o->pool_threads)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                             (intptr_t)POOL_CONNECTION_BYTES, NULL};
    if (o->pool_threads > 1)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE,
                                             (intptr_t)o->pool_threads, NULL};
    if (!o->pool_threads)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_STACK_SIZE,
                                             (intptr_t)STACK_BYTES, NULL};
    if (h->options.tls)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
                                             (void *)(uintptr_t)tls_first_certificate};
    items[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    l->daemon =
        MHD_start_daemon(flags | MHD_USE_ITC | (h->options.tls ? MHD_USE_TLS : 0U), 0,
                         NULL, NULL, exchange_step, h, MHD_OPTION_NOTIFY_COMPLETED,
                         exchange_done, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
                         MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    return l->daemon != NULL;
}

static bool open_listener(struct httpd *h, size_t i, struct error *err)
{
    const struct httpd_options *o = &h->options;
    struct listener *l = &h->listeners[i];
    const char *what = o->sockets ? "a socket that was handed over" : o->listen[i];

    l->fd = o->sockets ? address_adopt(o->sockets[i], &l->port, err)
                       : address_listen(o->listen[i], &l->port, err);
    if (l->fd < 0)
        return false;
    return start_daemon(h, l) ||
           error_set(err, ERR_IO, "cannot start an HTTP server on %.256s", what);
}

struct httpd *httpd_start(const struct httpd_options *options, struct error *err)
{
    struct httpd *h = mem_alloc(1, sizeof(*h));
    int rc = pthread_key_create(&h->spares, exchange_free_spares);

    assert(rc == 0);
    h->options = *options;
    if (options->sockets)
        h->options.listen_count = options->socket_count;
    (void)pthread_mutex_init(&h->tls_lock, NULL);
    h->tls = options->tls ? httpd_tls_ref(options->tls) : NULL;
    h->connections = connections_new(&(struct connections_limits){
        .most = or_default(options->max_connections, DEFAULT_CONNECTIONS),
        .request_ms =
            1000 * (int64_t)or_default(options->request_timeout_s, DEFAULT_REQUEST_S),
        .answer_ms =
            1000 * (int64_t)or_default(options->answer_timeout_s, DEFAULT_ANSWER_S),
    });
    h->listeners = mem_alloc(h->options.listen_count, sizeof(*h->listeners));
    for (size_t i = 0; i < h->options.listen_count; i++)
        h->listeners[i].fd = -1;
    for (size_t i = 0; i < h->options.listen_count; i++)
        if (!open_listener(h, i, err)) {
            httpd_stop(h, 0);
            return NULL;
        }
    return h;
}

static void drain(struct httpd *h, int64_t ms)
{
    static const struct timespec pause = {.tv_nsec = 2000000};
    int64_t deadline = clock_mono_ms() + ms;

    while (connections_ask(h->connections) && clock_mono_ms() < deadline)
        (void)nanosleep(&pause, NULL);
}

void httpd_stop(struct httpd *h, int64_t drain_ms)
{
    size_t n;

    if (!h)
        return;
    n = h->options.listen_count;
    atomic_store(&h->draining, true);
    for (size_t i = 0; i < n; i++)
        if (h->listeners[i].daemon)
            (void)MHD_quiesce_daemon(h->listeners[i].daemon);
    drain(h, drain_ms);
    for (size_t i = 0; i < n; i++) {
        if (h->listeners[i].daemon)
            MHD_stop_daemon(h->listeners[i].daemon);
        if (h->listeners[i].fd >= 0)
            (void)close(h->listeners[i].fd);
    }
    connections_free(h->connections);
    /* Connections that were still open ended in this thread, which goes on. */
    exchange_free_spares(pthread_getspecific(h->spares));
    (void)pthread_key_delete(h->spares);
    httpd_tls_unref(h->tls);
    (void)pthread_mutex_destroy(&h->tls_lock);
    free(h->listeners);
    free(h);
}

uint16_t httpd_port(const struct httpd *h, size_t i)
{
    return i < h->options.listen_count ? h->listeners[i].port : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/scripted_server.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"

enum { REQUEST_MAX = 64 * 1024, CONNECTIONS_MAX = 256 };

struct scripted_server {
    const struct script *rows;
    int listener;
    uint16_t port;
    struct stop *stop;
    pthread_t accepting;

    pthread_mutex_t lock; /* of all below */
    unsigned requests;
    char last[REQUEST_MAX];
    pthread_t threads[CONNECTIONS_MAX];
    size_t connections;
};

struct connection {
    struct scripted_server *server;
    int fd;
};

/* Wait until fd is readable; false when the server is asked to stop or time is over. */
static bool readable(struct scripted_server *s, int fd)
{
    struct pollfd p[] = {
        {.fd = fd,               .events = POLLIN},
        {.fd = stop_fd(s->stop), .events = POLLIN},
    };

    return poll(p, 2, 60000) > 0 && !p[1].revents;
}

/* One request, head and body, into text; false when the client is gone. */
static bool read_request(struct connection *c, char text[REQUEST_MAX])
{
    size_t len = 0;

    for (;;) {
        const char *end;
        const char *length;
        ssize_t n;

        if (len == REQUEST_MAX - 1 || !readable(c->server, c->fd))
            return false;
        n = recv(c->fd, text + len, REQUEST_MAX - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
        if (!end)
            continue;
        length = strstr(text, "\r\nContent-Length:");
        if (!length || length > end)
            return true;
        if (len - (size_t)(end + 4 - text) >= strtoul(length + 17, NULL, 10))
            return true;
    }
}

static const struct script *row_for(const struct scripted_server *s, const char *request)
{
    const char *path = strchr(request, ' ');

    if (!path)
        return NULL;
    path++;
    for (const struct script *row = s->rows; row->path; row++) {
        size_t n = strlen(row->path);

        if (strncmp(path, row->path, n) == 0 && strchr(" ?", path[n]))
            return row;
    }
    return NULL;
}

static bool send_bytes(struct connection *c, const struct script *row)
{
    size_t len = row->length ? row->length : strlen(row->bytes);
    size_t piece = row->piece ? row->piece : len;

    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;

        if (at && row->pause_ms && stop_wait_ms(c->server->stop, row->pause_ms))
            return false;
        if (send(c->fd, row->bytes + at, n, MSG_NOSIGNAL) != (ssize_t)n)
            return false;
    }
    return true;
}

/* False when the connection is to be closed. */
static bool play(struct connection *c, const struct script *row)
{
    char byte;

    if (row->delay_ms && stop_wait_ms(c->server->stop, row->delay_ms))
        return false;
    for (unsigned i = 0; i < (row->repeat ? row->repeat : 1); i++)
        if (!send_bytes(c, row))
            return false;
    if (row->end == SCRIPT_HANG)
        while (readable(c->server, c->fd) && recv(c->fd, &byte, 1, 0) > 0)
            continue;
    if (row->end == SCRIPT_RESET) {
        struct linger at_once = {.l_onoff = 1};

        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    return row->end == SCRIPT_KEEP;
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    struct scripted_server *s = c->server;
    char *text = mem_alloc(REQUEST_MAX, 1);
    const struct script *row = NULL;

    while (read_request(c, text)) {
        (void)pthread_mutex_lock(&s->lock);
        s->requests++;
        memcpy(s->last, text, strlen(text) + 1);
        (void)pthread_mutex_unlock(&s->lock);
        row = row_for(s, text);
        if (!row || !play(c, row))
            break;
    }
    (void)close(c->fd);
    free(text);
    free(c);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct scripted_server *s = arg;
    int one = 1;

    while (readable(s, s->listener)) {
        struct connection *c = mem_alloc(1, sizeof(*c));

        c->server = s;
        c->fd = accept(s->listener, NULL, NULL);
        assert(c->fd >= 0);
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        (void)pthread_mutex_lock(&s->lock);
        assert(s->connections < CONNECTIONS_MAX);
        (void)pthread_create(&s->threads[s->connections++], NULL, serve, c);
        (void)pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

struct scripted_server *scripted_server_start(const struct script *rows)
{
    struct scripted_server *s = mem_alloc(1, sizeof(*s));
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(here);

    s->rows = rows;
    s->stop = stop_new();
    (void)pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&here, len) != 0 ||
        listen(s->listener, 64) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&here, &len) != 0)
        abort();
    s->port = ntohs(here.sin_port);
    (void)pthread_create(&s->accepting, NULL, accept_all, s);
    return s;
}

void scripted_server_stop(struct scripted_server *s)
{
    stop_request(s->stop);
    (void)pthread_join(s->accepting, NULL);
    for (size_t i = 0; i < s->connections; i++)
        (void)pthread_join(s->threads[i], NULL);
    (void)close(s->listener);
    (void)pthread_mutex_destroy(&s->lock);
    stop_free(s->stop);
    free(s);
}

uint16_t scripted_server_port(const struct scripted_server *s)
{
    return s->port;
}

unsigned scripted_server_connections(struct scripted_server *s)
{
    unsigned n;

    (void)pthread_mutex_lock(&s->lock);
    n = (unsigned)s->connections;
    (void)pthread_mutex_unlock(&s->lock);
    return n;
}

unsigned scripted_server_requests(struct scripted_server *s)
{
    unsigned n;

    (void)pthread_mutex_lock(&s->lock);
    n = s->requests;
    (void)pthread_mutex_unlock(&s->lock);
    return n;
}

void scripted_server_last(struct scripted_server *s, char *out, size_t n)
{
    (void)pthread_mutex_lock(&s->lock);
    (void)snprintf(out, n, "%s", s->last);
    (void)pthread_mutex_unlock(&s->lock);
}

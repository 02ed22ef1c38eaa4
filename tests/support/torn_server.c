/* SPDX-License-Identifier: Apache-2.0 */
#include "support/torn_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"

enum { REQUEST_MAX = 8192, CONNECTIONS_MAX = 1024, FIRST_VERSION = 4 };

/* The history; a list has it up to its own version, a watch tells the rest. */
static const struct change {
    const char *type, *name;
    int version;
} history[] = {
    {"ADDED",    "a", 1 },
    {"ADDED",    "b", 2 },
    {"ADDED",    "c", 3 },
    {"ADDED",    "d", 4 },
    {"MODIFIED", "b", 5 },
    {"DELETED",  "a", 6 },
    {"BOOKMARK", "",  7 },
    {"ADDED",    "e", 8 },
    {"DELETED",  "c", 9 },
    {"ADDED",    "c", 10},
    {"BOOKMARK", "",  11},
    {"MODIFIED", "d", 12},
};

enum { CHANGES = sizeof(history) / sizeof(history[0]), NEWEST = 12 };

const char torn_truth[] = "b=5;c=10;d=12;e=8;";

struct torn_server {
    enum torn_fault fault;
    int listener;
    uint16_t port;
    struct stop *stop;
    pthread_t accepting;

    pthread_mutex_t lock; /* of all below */
    unsigned long at;     /* how far it is to the fault */
    bool met;
    int listed; /* lists are of this version; once a watch has told more, of the newest */
    pthread_t threads[CONNECTIONS_MAX];
    int connections;
};

struct connection {
    struct torn_server *server;
    int fd;
    bool silent;
};

/* ---- the fault -----------------------------------------------------------------------
 */

/* n more of what is counted: how many of them come before the fault; n: all do. */
static unsigned long before_fault(struct torn_server *s, unsigned long n)
{
    unsigned long before = n;

    (void)pthread_mutex_lock(&s->lock);
    if (!s->met) {
        if (s->at < n) {
            before = s->at;
            s->met = true;
        }
        s->at -= before;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return before;
}

static void tear(struct connection *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (c->server->fault == TORN_RESET)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    c->silent = c->server->fault == TORN_SILENCE;
}

static bool send_all(struct connection *c, const char *bytes, size_t n)
{
    size_t whole = n;

    if (torn_counts_bytes(c->server->fault))
        n = before_fault(c->server, n);
    for (size_t sent = 0; sent < n;) {
        ssize_t got = send(c->fd, bytes + sent, n - sent, MSG_NOSIGNAL);

        if (got <= 0)
            return false;
        sent += (size_t)got;
    }
    if (n < whole)
        tear(c);
    return n == whole;
}

static bool send_text(struct connection *c, const struct buf *text)
{
    return send_all(c, buf_str(text), text->len);
}

/* ---- answers -------------------------------------------------------------------------
 */

static void add_object(struct buf *out, const char *name, int version)
{
    buf_printf(out, "{\"kind\":\"X\",\"metadata\":{");
    if (*name)
        buf_printf(out, "\"namespace\":\"n\",\"name\":\"%s\",", name);
    buf_printf(out, "\"resourceVersion\":\"%d\"}}", version);
}

static void add_status(struct buf *out, int code)
{
    buf_printf(out,
               "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"%s\","
               "\"message\":\"by script\",\"code\":%d}",
               code == 410 ? "Expired" : "InternalError", code);
}

static bool answer(struct connection *c, int code, const struct buf *body)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REQUEST_MAX);

    buf_printf(&text,
               "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n\r\n%s",
               code, body->len, buf_str(body));
    return send_text(c, &text);
}

/* Is the object there at the version, and since which? */
static int version_of(const char *name, int version)
{
    int found = 0;

    for (int i = 0; i < CHANGES && history[i].version <= version; i++)
        if (strcmp(history[i].name, name) == 0)
            found = strcmp(history[i].type, "DELETED") ? history[i].version : 0;
    return found;
}

/* Two objects a page; the token is the version and the first name of the next. */
static bool list(struct connection *c, const char *token)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    CLEANUP(buf_clear)
    struct buf body = BUF_INIT(REQUEST_MAX);
    int version, put = 0;
    char from = 'a', next = 0;

    (void)pthread_mutex_lock(&c->server->lock);
    version = c->server->listed;
    (void)pthread_mutex_unlock(&c->server->lock);
    if (token) {
        version = (int)strtol(token, NULL, 10);
        from = token[strspn(token, "0123456789")];
    }
    buf_puts(&body, "{\"kind\":\"XList\",\"items\":[");
    for (size_t i = 0; i < ARRAY_LEN(names) && !next; i++) {
        int since = version_of(names[i], version);

        if (!since || names[i][0] < from)
            continue;
        if (put == 2) {
            next = names[i][0];
            continue;
        }
        buf_puts(&body, put++ ? "," : "");
        add_object(&body, names[i], since);
    }
    buf_printf(&body, "],\"metadata\":{\"resourceVersion\":\"%d\"", version);
    if (next)
        buf_printf(&body, ",\"continue\":\"%d%c\"", version, next);
    buf_puts(&body, "}}");
    return answer(c, 200, &body);
}

static bool send_chunk(struct connection *c, const struct buf *line)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REQUEST_MAX);

    buf_printf(&text, "%zx\r\n%s\r\n", line->len, buf_str(line));
    return send_text(c, &text);
}

static bool send_event(struct connection *c, const struct change *change)
{
    enum torn_fault fault = c->server->fault;
    bool counted = !torn_counts_bytes(fault) && !torn_counts_requests(fault);
    bool hit = counted && before_fault(c->server, 1) == 0;
    bool refused = hit && (fault == TORN_EVENT_410 || fault == TORN_EVENT_500);
    CLEANUP(buf_clear)
    struct buf line = BUF_INIT(REQUEST_MAX);

    if (hit && fault == TORN_NO_BOOKMARK && !*change->name)
        return true;
    buf_printf(&line, "{\"type\":\"%s\",\"object\":", refused ? "ERROR" : change->type);
    if (refused)
        add_status(&line, fault == TORN_EVENT_410 ? 410 : 500);
    else
        add_object(&line, change->name, change->version);
    buf_puts(&line, "}\n");
    if (hit && fault == TORN_EVENT_TWICE && !send_chunk(c, &line))
        return false;
    return send_chunk(c, &line) && !refused;
}

/* Until there is no more to tell; then silence, as a watch is. */
static bool watch(struct connection *c, int from)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";

    if (!send_all(c, head, sizeof(head) - 1))
        return false;
    for (int i = 0; i < CHANGES; i++) {
        if (history[i].version <= from)
            continue;
        (void)pthread_mutex_lock(&c->server->lock);
        c->server->listed = NEWEST; /* who lists from now on gets it all */
        (void)pthread_mutex_unlock(&c->server->lock);
        if (!send_event(c, &history[i]))
            return false;
    }
    return true;
}

/* ---- connections ---------------------------------------------------------------------
 */

/* False when the client is gone, or it is over. */
static bool read_request(struct connection *c, char text[REQUEST_MAX])
{
    size_t n = 0;

    text[0] = '\0';
    while (!strstr(text, "\r\n\r\n")) {
        struct pollfd p[] = {
            {.fd = c->fd,                    .events = POLLIN},
            {.fd = stop_fd(c->server->stop), .events = POLLIN},
        };
        ssize_t got;

        if (poll(p, 2, 60000) <= 0 || p[1].revents || n + 1 >= REQUEST_MAX)
            return false;
        got = recv(c->fd, text + n, REQUEST_MAX - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
    }
    return true;
}

static const char *parameter(char *text, const char *name)
{
    char *line_end = strstr(text, "\r\n");
    char *found = strstr(text, name);

    return found && line_end && found < line_end ? found + strlen(name) : NULL;
}

static bool refuse(struct connection *c)
{
    CLEANUP(buf_clear)
    struct buf body = BUF_INIT(REQUEST_MAX);

    if (c->server->fault == TORN_NOT_JSON) {
        buf_puts(&body, "<html>hello</html>");
        return answer(c, 200, &body);
    }
    add_status(&body, c->server->fault == TORN_410 ? 410 : 500);
    return answer(c, c->server->fault == TORN_410 ? 410 : 500, &body);
}

static bool serve(struct connection *c, char *text)
{
    const char *version = parameter(text, "resourceVersion=");

    if (torn_counts_requests(c->server->fault) && before_fault(c->server, 1) == 0)
        return refuse(c);
    if (parameter(text, "watch=1"))
        return watch(c, version ? (int)strtol(version, NULL, 10) : 0);
    return list(c, parameter(text, "continue="));
}

static void *converse(void *arg)
{
    struct connection *c = arg;
    char text[REQUEST_MAX];

    while (read_request(c, text) && serve(c, text))
        ;
    if (c->silent)
        (void)stop_wait_ms(c->server->stop, 60000);
    (void)close(c->fd);
    free(c);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct torn_server *s = arg;

    for (;;) {
        struct pollfd p[] = {
            {.fd = s->listener,      .events = POLLIN},
            {.fd = stop_fd(s->stop), .events = POLLIN},
        };
        struct connection *c;
        int fd;

        if (poll(p, 2, 60000) <= 0 || p[1].revents)
            return NULL;
        fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            continue;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        c = mem_alloc(1, sizeof(*c));
        c->server = s;
        c->fd = fd;
        assert(s->connections < CONNECTIONS_MAX);
        assert(!pthread_create(&s->threads[s->connections], NULL, converse, c));
        s->connections++;
    }
}

/* ---- life ----------------------------------------------------------------------------
 */

struct torn_server *torn_server_start(enum torn_fault fault, unsigned long at)
{
    struct torn_server *s = mem_alloc(1, sizeof(*s));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);

    s->fault = fault;
    s->at = at;
    s->listed = FIRST_VERSION;
    s->stop = stop_new();
    (void)pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(s->listener >= 0);
    assert(!bind(s->listener, (struct sockaddr *)&address, length));
    assert(!listen(s->listener, 16));
    assert(!getsockname(s->listener, (struct sockaddr *)&address, &length));
    s->port = ntohs(address.sin_port);
    assert(!pthread_create(&s->accepting, NULL, accept_all, s));
    return s;
}

void torn_server_stop(struct torn_server *s)
{
    stop_request(s->stop);
    (void)pthread_join(s->accepting, NULL);
    for (int i = 0; i < s->connections; i++)
        (void)pthread_join(s->threads[i], NULL);
    (void)close(s->listener);
    stop_free(s->stop);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

uint16_t torn_server_port(const struct torn_server *s)
{
    return s->port;
}

bool torn_server_met(struct torn_server *s)
{
    bool met;

    (void)pthread_mutex_lock(&s->lock);
    met = s->met;
    (void)pthread_mutex_unlock(&s->lock);
    return met;
}

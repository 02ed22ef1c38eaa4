/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, as libmicrohttpd tells them: first the head, then pieces of
 * the body, then the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "httpd/internal.h"

/* Of a body that is too large, so much is read and dropped before the connection is cut,
 * so that an honest client gets to see the 413. */
enum { DROP_MAX = 1024 * 1024, SELF = -1 };

/* A thread keeps so many exchanges, and of each the buffers up to this size, for its next
 * requests, whatever their connection: the last one used comes first, for it is still in
 * the cache, and one is enough while requests come whole. */
enum { SPARES_MAX = 8, KEEP_MAX = 16 * 1024 };

struct exchange {
    struct exchange *next; /* of spare ones */
    size_t spares;         /* from this one on */
    struct httpd *h;
    const struct httpd_route *route;
    struct buf body;
    size_t dropped;
    int verdict;  /* of judge() */
    bool handled; /* the row's handler was run */
    int status;   /* 0: not answered yet */
    struct httpd_response resp;
    struct kept_answer kept;
};

/* ---- what handlers use ---------------------------------------------------------------
 */

static struct MHD_Connection *connection_of(const struct httpd_request *req)
{
    return (struct MHD_Connection *)(uintptr_t)req->opaque;
}

const char *httpd_header(const struct httpd_request *req, const char *name)
{
    return MHD_lookup_connection_value(connection_of(req), MHD_HEADER_KIND, name);
}

const char *httpd_query(const struct httpd_request *req, const char *name)
{
    return MHD_lookup_connection_value(connection_of(req), MHD_GET_ARGUMENT_KIND, name);
}

struct each {
    const char *name;
    void (*fn)(void *arg, const char *value);
    void *arg;
};

static enum MHD_Result each_value(void *cls, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    const struct each *e = cls;

    (void)kind;
    if (!strcmp(key, e->name))
        e->fn(e->arg, value ? value : "");
    return MHD_YES;
}

void httpd_query_each(const struct httpd_request *req, const char *name,
                      void (*fn)(void *arg, const char *value), void *arg)
{
    struct each e = {.name = name, .fn = fn, .arg = arg};

    (void)MHD_get_connection_values(connection_of(req), MHD_GET_ARGUMENT_KIND, each_value,
                                    &e);
}

/* ---- answering -----------------------------------------------------------------------
 */

static enum MHD_Result send_answer(struct exchange *x, struct MHD_Connection *connection)
{
    x->status = x->resp.status;
    return answer_queue(connection, &x->resp,
                        atomic_load_explicit(&x->h->draining, memory_order_relaxed),
                        &x->kept);
}

static const char *message_of(int status)
{
    switch (status) {
    case 404:
        return "no such page";
    case 405:
        return "this page takes another method";
    case 413:
        return "the body is too large";
    default:
        return "cannot be answered";
    }
}

/* An answer of the server itself. */
static enum MHD_Result refuse(struct exchange *x, struct MHD_Connection *connection,
                              int status)
{
    const struct httpd_options *o = &x->h->options;
    struct httpd_response *resp = &x->resp;

    resp->status = status;
    resp->content_type = "text/plain; charset=utf-8";
    if (o->on_error)
        o->on_error(o->arg, status, message_of(status), resp);
    else
        buf_printf(&resp->body, "%d %s\n", status, message_of(status));
    return send_answer(x, connection);
}

static struct httpd_request request_of(const struct exchange *x,
                                       struct MHD_Connection *connection, const char *url,
                                       const char *method)
{
    return (struct httpd_request){
        .method = method,
        .path = url,
        .body = buf_str(&x->body),
        .body_len = x->body.len,
        .opaque = connection,
    };
}

/* Forget what the handler has answered; the filter's headers, which came first, stay. */
static void take_back(struct httpd_response *resp, size_t header_count)
{
    if (resp->slices && resp->release)
        resp->release(resp->release_arg);
    resp->slices = NULL;
    resp->header_count = header_count;
    buf_clear(&resp->body);
}

static enum MHD_Result handle(struct exchange *x, struct MHD_Connection *connection,
                              const char *url, const char *method)
{
    struct httpd_request req = request_of(x, connection, url, method);
    size_t header_count = x->resp.header_count;

    x->handled = true;
    x->route->fn(x->route->arg ? x->route->arg : x->h->options.arg, &req, &x->resp);
    if (!buf_ok(&x->resp.body)) {
        take_back(&x->resp, header_count);
        return refuse(x, connection, 500);
    }
    return send_answer(x, connection);
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

/* ---- reading -------------------------------------------------------------------------
 */

static struct exchange *begin(struct httpd *h)
{
    struct exchange *x = pthread_getspecific(h->spares);

    if (x) {
        (void)pthread_setspecific(h->spares, x->next);
    } else {
        x = malloc(sizeof(*x)); /* not zeroed: resp has room for headers */
        if (!x)
            return NULL;
        buf_init(&x->body, 0);
        buf_init(&x->resp.body, HTTPD_BODY_MAX);
        x->resp.kept.headers = 0;
        x->resp.kept.differs = false;
        x->kept.answer = NULL;
    }
    x->h = h;
    x->route = NULL;
    x->dropped = 0;
    x->handled = false;
    x->status = 0;
    x->verdict = 0;
    x->body.max = 0;
    x->resp.status = 200;
    x->resp.content_type = "application/json";
    x->resp.header_count = 0;
    x->resp.slices = NULL;
    x->resp.release = NULL;
    return x;
}

/* How large the body will be; SIZE_MAX: not told, or told in a way not understood. */
static size_t announced(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    struct error err;
    int64_t n;

    if (!length)
        return MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                           "Transfer-Encoding")
                   ? SIZE_MAX
                   : 0;
    return text_to_int(length, 0, INT64_MAX, &n, &err) ? (size_t)n : SIZE_MAX;
}

/* The answer that the head alone decides: 0 when it is the handler's to give, SELF when
 * the filter has given it, else a status to refuse with. */
static int judge(struct exchange *x, struct MHD_Connection *connection, const char *url,
                 const char *method, size_t length)
{
    const struct httpd_options *o = &x->h->options;
    int status;

    if (o->filter) {
        struct httpd_request req = request_of(x, connection, url, method);

        if (!o->filter(o->filter_arg, &req, &x->resp))
            return SELF;
    }
    x->route = route_find(o, method, url, &status);
    if (!x->route) {
        char allow[ALLOW_MAX];

        route_allow(o, url, allow);
        if (status == 405)
            httpd_response_header(&x->resp, "Allow", allow);
        return status;
    }
    x->body.max = x->route->max_body;
    return length != SIZE_MAX && length > x->route->max_body ? 413 : 0;
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *connection,
                              const char *url, const char *method)
{
    int verdict = buf_ok(&x->body) ? x->verdict : 413;

    connection_has_asked(&peer_of(connection)->watched);
    if (!verdict)
        return handle(x, connection, url, method);
    return verdict == SELF ? send_answer(x, connection) : refuse(x, connection, verdict);
}

enum MHD_Result exchange_step(void *cls, struct MHD_Connection *connection,
                              const char *url, const char *method, const char *version,
                              const char *data, size_t *data_size, void **state)
{
    struct exchange *x = *state;

    (void)version;
    if (!x) {
        size_t length = announced(connection);

        *state = x = begin(cls);
        if (!x)
            return MHD_NO;
        connection_asks(&peer_of(connection)->watched);
        x->verdict = judge(x, connection, url, method, length);
        /* Answering before the end of a request costs the connection: worth it only when
         * there is a body that nobody wants. */
        return length && x->verdict ? answer(x, connection, url, method) : MHD_YES;
    }
    if (*data_size) {
        buf_add(&x->body, data, *data_size);
        if (!buf_ok(&x->body))
            x->dropped += *data_size;
        *data_size = 0;
        return x->dropped > DROP_MAX ? MHD_NO : MHD_YES;
    }
    return x->status ? MHD_YES : answer(x, connection, url, method);
}

static void exchange_free(struct exchange *x)
{
    buf_clear(&x->body);
    kept_answer_clear(&x->kept);
    buf_clear(&x->resp.body);
    free(x);
}

void exchange_free_spares(void *spares)
{
    for (struct exchange *x = spares, *next; x; x = next) {
        next = x->next;
        exchange_free(x);
    }
}

static void keep_buffer(struct buf *b)
{
    if (b->cap > KEEP_MAX)
        buf_clear(b);
    else
        buf_reset(b);
}

static void keep(struct exchange *x)
{
    struct exchange *first = pthread_getspecific(x->h->spares);
    size_t spares = first ? first->spares : 0;

    if (spares == SPARES_MAX) {
        exchange_free(x);
        return;
    }
    if (x->resp.body.cap > KEEP_MAX)
        kept_answer_clear(&x->kept); /* it has the buffer's bytes */
    keep_buffer(&x->body);
    keep_buffer(&x->resp.body);
    x->next = first;
    x->spares = spares + 1;
    (void)pthread_setspecific(x->h->spares, x);
}

void exchange_done(void *cls, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode how)
{
    struct httpd *h = cls;
    struct exchange *x = *state;

    (void)how;
    if (!x)
        return;
    *state = NULL;
    if (x->status && h->options.on_done)
        h->options.on_done(h->options.arg, x->handled ? x->route->path : "", x->status);
    keep(x);
    connection_rests(&peer_of(connection)->watched);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.h - an HTTP server: listeners, routes, limits. The only place that knows
 * libmicrohttpd.
 *
 * A route is a row of a table. What no row answers gets 404, a known path with another
 * method 405 with Allow, a body past its row's ceiling 413; all of these, too, run
 * through the error and done hooks.
 *
 * Two ways to run handlers: a thread for each connection, in which a handler may block
 * (operator, exporter), and a small pool of epoll threads, in which it must not
 * (model-server, whose answers take microseconds).
 */
#ifndef HTTPD_HTTPD_H
#define HTTPD_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

struct httpd_tls;

struct httpd_request {
    const char *method;
    const char *path; /* decoded, without the query */
    const char *body; /* NUL-terminated; "" when there is none */
    size_t body_len;
    const void *opaque; /* for the accessors below */
};

/* First value of that header or query argument, or NULL; valid during the call. */
const char *httpd_header(const struct httpd_request *req, const char *name);
const char *httpd_query(const struct httpd_request *req, const char *name);
/* Calls fn for each value of a query argument that may be repeated. */
void httpd_query_each(const struct httpd_request *req, const char *name,
                      void (*fn)(void *arg, const char *value), void *arg);

enum {
    HTTPD_HEADERS_MAX = 16,
    HTTPD_HEADER_VALUE_MAX = 512,
    HTTPD_BODY_MAX = 64 * 1024 * 1024, /* of an answer; past it the answer is a 500 */
};

/* Some bytes of an answer that stay where they are. */
struct httpd_slice {
    const void *bytes;
    size_t len;
};

struct httpd_response {
    int status;               /* 200 unless set */
    const char *content_type; /* static text; application/json unless set */
    struct buf body;          /* ceiling HTTPD_BODY_MAX */
    struct {
        const char *name; /* static text */
        char value[HTTPD_HEADER_VALUE_MAX];
    } headers[HTTPD_HEADERS_MAX];
    size_t header_count;
    struct { /* lib/httpd's: what is left above of the answer before */
        size_t headers;
        bool differs; /* something else has been written over it */
    } kept;

    /* Instead of body: slices, sent one behind the other. Bytes and array stay as they
     * are until release(release_arg). */
    const struct httpd_slice *slices;
    size_t slice_count;
    void (*release)(void *release_arg);
    void *release_arg;
};

/* Setting a header twice replaces it. One past the ceilings above is a bug. */
void httpd_response_header(struct httpd_response *resp, const char *name,
                           const char *value);

/* An answer in plain words; more of them may be added to its body. */
void httpd_response_text(struct httpd_response *resp, int status, const char *text);

typedef void httpd_handler(void *arg, const struct httpd_request *req,
                           struct httpd_response *resp);

struct httpd_route {
    const char *method; /* "GET" answers HEAD as well */
    const char *path;   /* exact, or a prefix when it ends with '*' */
    httpd_handler *fn;
    size_t max_body; /* 0: no body is taken */
    void *arg;       /* NULL: that of the options */
};

/* Whether the row is for that path, whatever the method. */
bool httpd_route_has(const struct httpd_route *row, const char *path);

/* Looks at each request before its body is read and before a route is sought. False: the
 * answer is resp as it stands now. Headers set here stay on whatever answer is given. */
typedef bool httpd_filter_fn(void *arg, const struct httpd_request *req,
                             struct httpd_response *resp);

/* Write the body of an answer that the server itself gives: 404, 405, 413, ... */
typedef void httpd_error_fn(void *arg, int status, const char *message,
                            struct httpd_response *resp);

/* After each answer. route is the path of the row whose handler was run, or "" when none
 * was. */
typedef void httpd_done_fn(void *arg, const char *route, int status);

struct httpd_options {
    const char *const *listen; /* "127.0.0.1:8080", ":8080", "[::1]:8080" */
    size_t listen_count;
    const int *sockets; /* instead: they listen already, and are taken over */
    size_t socket_count;
    const struct httpd_route *routes;
    size_t route_count;
    void *arg;                /* of handlers and hooks */
    httpd_error_fn *on_error; /* NULL: plain text */
    httpd_done_fn *on_done;   /* NULL: nobody is told */
    httpd_filter_fn *filter;  /* NULL: everything passes */
    void *filter_arg;
    struct httpd_tls *tls;      /* NULL: plain HTTP; see tls.h */
    unsigned pool_threads;      /* 0: a thread for each connection */
    unsigned max_connections;   /* 0: 1000 */
    unsigned request_timeout_s; /* for a whole request to come; 0: 60 */
    unsigned answer_timeout_s;  /* for the answer to be made and taken; 0: 60 */
};

struct httpd;

/* ERR_IO names the address that could not be bound and why. */
struct httpd *httpd_start(const struct httpd_options *options, struct error *err);

/* Stop accepting, let running requests finish for at most drain_ms, close, free. */
void httpd_stop(struct httpd *h, int64_t drain_ms);

/* The port really bound to listen[i] (":0" picks a free one), or of sockets[i]; 0 when
 * there is none. */
uint16_t httpd_port(const struct httpd *h, size_t i);

#endif

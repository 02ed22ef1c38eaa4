/* SPDX-License-Identifier: Apache-2.0 */
/* httpc.h - one HTTP request at a time, blocking and cancellable. The only place, with
 * httpc_pool.h, that knows libcurl.
 *
 * A client keeps its connection between calls; when the peer of an open one vanishes, the
 * call fails within a minute, however quiet it is meant to be. One thread at a time per
 * client.
 */
#ifndef HTTPC_HTTPC_H
#define HTTPC_HTTPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/stop.h"

/* Called with each piece of a body as it comes, the answer's status being known by then;
 * false ends the call with ERR_IO. */
typedef bool httpc_sink_fn(void *arg, const char *bytes, size_t n);

/* Called once when the answer has begun: its status is known, its body is to come. For
 * streams, which may say nothing for long. */
typedef void httpc_begun_fn(void *arg, int status);

struct httpc_request {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated, or NULL */
    const void *body;
    size_t body_len;
    int64_t timeout_ms;      /* of the whole call; 0: 30 s; below 0: none, for streams */
    int64_t head_timeout_ms; /* until the answer begins; 0: only the above */
    int64_t silence_ms;  /* then from one piece of it to the next; 0: only the above */
    httpc_sink_fn *sink; /* takes the answer's body, which stays empty; or NULL */
    void *sink_arg;
    httpc_begun_fn *begun; /* or NULL; gets sink_arg, too */
};

struct httpc_response {
    int status;
    struct buf body; /* give it a ceiling with buf_init(); past it the call fails */
    char content_type[96];
    int64_t retry_after_ms; /* from Retry-After; 0: none */
    void *opaque;           /* for the accessor below */
};

void httpc_response_clear(struct httpc_response *r);

/* Value of that header (the first, when there are several), or NULL; valid until the
 * client's next call. */
const char *httpc_response_header(const struct httpc_response *r, const char *name);

/* The one at that index, from 0, of several with that name. */
const char *httpc_response_header_at(const struct httpc_response *r, const char *name,
                                     size_t index);

/* Who we are and whom we believe. Texts are borrowed for the client's life; files are
 * read with each new connection, so they may be renewed. */
struct httpc_options {
    struct stop *stop;            /* or NULL; asking it ends a call with ERR_CANCELED */
    const char *user, *password;  /* basic authentication */
    const char *ca_file, *ca_pem; /* instead of the system's authorities */
    const char *cert_file, *key_file; /* ours, for a server that asks; PEM */
    const char *cert_pem, *key_pem;
    const char *connect_to; /* "host:port" to speak to instead of the URL's, which stays
                             * the name that the server has to prove */
    const char *proxy;      /* URL of a proxy, instead of the environment's */
    bool insecure;          /* believe any server's certificate */
    bool compressed;        /* ask for gzip; sizes and ceilings are of what comes out */
};

struct httpc;

struct httpc *httpc_new(struct stop *stop);
struct httpc *httpc_new_with(const struct httpc_options *options);
void httpc_free(struct httpc *c);
DEFINE_FREEP(struct httpc *, httpc_free)

/* Any answer, whatever its status, is a success. Errors: ERR_TIMEOUT, ERR_CANCELED,
 * ERR_TOO_BIG, ERR_NOT_FOUND (nobody listens: refused, no such host), ERR_INVALID (the
 * body was cut short, or is not HTTP), ERR_IO (anything else). */
bool httpc_call(struct httpc *c, const struct httpc_request *req,
                struct httpc_response *resp, struct error *err);

#endif

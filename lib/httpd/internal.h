/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - how a server is laid out in memory. For lib/httpd only. */
#ifndef HTTPD_INTERNAL_H
#define HTTPD_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include <microhttpd.h>

#include "httpd/connections.h"
#include "httpd/httpd.h"
#include "httpd/tls.h"

struct listener {
    int fd; /* ours: libmicrohttpd gives it back when it is quiesced */
    uint16_t port;
    struct MHD_Daemon *daemon;
};

/* What libmicrohttpd keeps for us with each connection. */
struct peer {
    struct connection watched;
    struct httpd_tls *tls; /* NULL: plain HTTP */
};

struct httpd {
    struct httpd_options options; /* its tables are borrowed */
    struct listener *listeners;
    atomic_bool draining;
    struct connections *connections;
    pthread_key_t spares; /* of each thread: exchanges for its next requests */
    pthread_mutex_t tls_lock;
    struct httpd_tls *tls; /* of new connections; NULL: plain HTTP */
};

/* address.c: a listening socket for "host:port", ":port" or "[v6]:port"; -1 on failure.
 */
int address_listen(const char *address, uint16_t *port, struct error *err);

/* A socket that somebody else made: fd, or -1 when it does not listen for streams. */
int address_adopt(int fd, uint16_t *port, struct error *err);

/* router.c: the row that answers, or NULL with the status (404 or 405) that says why not.
 */
const struct httpd_route *route_find(const struct httpd_options *o, const char *method,
                                     const char *path, int *status);

enum { ALLOW_MAX = 128 };

/* The value of Allow for a path. */
void route_allow(const struct httpd_options *o, const char *path, char out[ALLOW_MAX]);

/* slices.c: an answer that reads resp->slices, and releases them when it is gone, or at
 * once when there is no memory for one (NULL). */
struct MHD_Response *slices_answer(const struct httpd_response *resp);

/* answer.c: an answer that was queued, for the next one to be like it. */
struct kept_answer {
    struct MHD_Response *answer; /* NULL: none */
    time_t date;                 /* that it is of */
    const char *body;
    size_t body_len;
    const char *content_type;
};

void kept_answer_clear(struct kept_answer *kept);

/* resp and its body must stay until the answer is sent; close: and end the connection. */
enum MHD_Result answer_queue(struct MHD_Connection *connection,
                             struct httpd_response *resp, bool close,
                             struct kept_answer *kept);

/* exchange.c: libmicrohttpd's callbacks; cls is the struct httpd. */
enum MHD_Result exchange_step(void *cls, struct MHD_Connection *connection,
                              const char *url, const char *method, const char *version,
                              const char *data, size_t *data_size, void **state);
void exchange_done(void *cls, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode how);

/* Free what a thread kept for its next requests, the value of h->spares; NULL is fine. */
void exchange_free_spares(void *spares);

/* tls.c: set up a new connection; returns what peer->tls is to hold. */
struct httpd_tls *tls_begin(struct httpd *h, struct MHD_Connection *connection);
gnutls_certificate_retrieve_function2 tls_first_certificate;

#endif

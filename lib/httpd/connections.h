/* SPDX-License-Identifier: Apache-2.0 */
/* connections.h - a watch over open connections, so that slow or silent clients cannot
 * keep honest ones out. For lib/httpd only.
 *
 * libmicrohttpd can end a connection that is silent; one that sends a byte now and then,
 * or takes an answer a byte at a time, it keeps, and its clock is looked at for each of
 * these bytes under a lock of all connections. So a thread of ours ends those that have
 * not come to a whole request, or not taken their answer, in time; and when there are as
 * many as there may be, a newcomer takes the place of the one that has been without a
 * request for longest.
 */
#ifndef HTTPD_CONNECTIONS_H
#define HTTPD_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connections;
struct connection;

struct connections_limits {
    size_t most;        /* connections */
    int64_t request_ms; /* for a whole request to come */
    int64_t answer_ms;  /* for an answer to be taken */
};

struct connections *connections_new(const struct connections_limits *limits);
/* No connection may be left. */
void connections_free(struct connections *c);

/* A connection was made; fd stays open until connections_remove(). */
struct connection *connections_add(struct connections *c, int fd);
void connections_remove(struct connections *c, struct connection *one);

/* It has a whole request now, or has taken the answer and has none. No lock is taken. */
void connection_set_busy(struct connection *one, bool busy);

#endif

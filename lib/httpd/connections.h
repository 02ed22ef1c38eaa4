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
 *
 * What a request does is noted in memory of its connection alone: a number that counted
 * all of them would be written by every thread, twice a request, and each time be fetched
 * from the core that wrote it last.
 */
#ifndef HTTPD_CONNECTIONS_H
#define HTTPD_CONNECTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connections;

/* Lies in the memory of whoever watches it; its members are for connections.c alone. */
struct connection {
    struct connection *next, *previous;
    int fd;
    bool ended;         /* by us; the server will find out */
    atomic_bool asking; /* connection_asks() and not connection_rests() */
    /* When it came to have no whole request; while it has one, when that came, negative.
     */
    _Atomic int64_t since_ms;
};

struct connections_limits {
    size_t most;        /* connections */
    int64_t request_ms; /* for a whole request to come */
    int64_t answer_ms;  /* for an answer to be taken */
};

struct connections *connections_new(const struct connections_limits *limits);
/* No connection may be left. */
void connections_free(struct connections *c);

/* A connection was made; one and fd stay until connections_remove(). */
void connections_add(struct connections *c, struct connection *one, int fd);
void connections_remove(struct connections *c, struct connection *one);

/* The head of a request has come; all of it has; the answer is sent, or given up. No lock
 * is taken. */
void connection_asks(struct connection *one);
void connection_has_asked(struct connection *one);
void connection_rests(struct connection *one);

/* Whether any is between the first and the last of these. */
bool connections_ask(struct connections *c);

#endif

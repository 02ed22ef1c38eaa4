/* SPDX-License-Identifier: Apache-2.0 */
/* torn_server.h - an API server with a short history of one collection, and one fault at
 * a place that is counted in bytes, requests or events. For torture: the fault at every
 * place.
 */
#ifndef SUPPORT_TORN_SERVER_H
#define SUPPORT_TORN_SERVER_H

#include <stdbool.h>
#include <stdint.h>

enum torn_fault {
    TORN_CLOSE,     /* after so many bytes: the connection ends in good order */
    TORN_RESET,     /* the same: it is reset */
    TORN_SILENCE,   /* the same: not a word any more, and none is read */
    TORN_500,       /* instead of an answer */
    TORN_410,       /* the same; to a list and to a continued list, too */
    TORN_NOT_JSON,  /* the same: a proxy says hello */
    TORN_EVENT_410, /* instead of an event: the version is forgotten */
    TORN_EVENT_500,
    TORN_EVENT_TWICE,
    TORN_NO_BOOKMARK, /* an event is left out where it is a bookmark */
    TORN_FAULT_COUNT
};

/* Is its place a byte, or a request? Else it is an event. */
static inline bool torn_counts_bytes(enum torn_fault fault)
{
    return fault <= TORN_SILENCE;
}

static inline bool torn_counts_requests(enum torn_fault fault)
{
    return fault >= TORN_500 && fault <= TORN_NOT_JSON;
}

struct torn_server;

/* The fault happens once. */
struct torn_server *torn_server_start(enum torn_fault fault, unsigned long at);
void torn_server_stop(struct torn_server *s);

uint16_t torn_server_port(const struct torn_server *s);

/* Did it come to the fault? */
bool torn_server_met(struct torn_server *s);

/* What there is in the end, as "name=version;" in the order of names. */
extern const char torn_truth[];

#endif

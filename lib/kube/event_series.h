/* SPDX-License-Identifier: Apache-2.0 */
/* event_series.h - the same thing again and again is one Event with a count, and few
 * requests. Pure; times are monotonic milliseconds.
 */
#ifndef KUBE_EVENT_SERIES_H
#define KUBE_EVENT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    EVENT_REFRESH_MS = 300000, /* a series that goes on is told no more often */
    EVENT_FINISH_MS = 360000,  /* silent for so long, it is over */
};

struct event_series {
    int64_t count;      /* times that it happened */
    int64_t told_count; /* as the server knows it; 0: nothing yet */
    int64_t last_ms;    /* when it happened last */
    int64_t told_ms;    /* when the server was told last */
};

enum event_step {
    EVENT_NOTHING,
    EVENT_POST,  /* a new Event */
    EVENT_PATCH, /* its series: count and time */
    EVENT_OVER,  /* forget it: the next one is a new Event */
};

/* It happened (again). */
void event_series_note(struct event_series *s, int64_t now_ms);

/* What is to be done about it now. */
enum event_step event_series_next(const struct event_series *s, int64_t now_ms);

/* The server knows `count`. */
void event_series_told(struct event_series *s, int64_t count, int64_t now_ms);

#endif

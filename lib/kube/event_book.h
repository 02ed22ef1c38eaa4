/* SPDX-License-Identifier: Apache-2.0 */
/* event_book.h - what happened to whom and how often, and what of it may be told now.
 *
 * Ten a second, a hundred after a pause, so that Events do not crowd out what matters.
 * What is new goes first; repetitions are told from time to time (see event_series.h) and
 * leave half of the hundred to what is new. Pure; times are monotonic milliseconds unless
 * they are called wall. Internal to lib/kube.
 */
#ifndef KUBE_EVENT_BOOK_H
#define KUBE_EVENT_BOOK_H

#include "base/rate.h"
#include "kube/event_series.h"
#include "kube/table.h"
#include "json/json.h"

enum {
    EVENT_INTERVAL_MS = 100,
    EVENT_BURST = 100,
    EVENT_SERIES_MAX = 4096, /* beyond it all are forgotten, and begin anew */
    EVENT_SWEEP_MS = 30000,  /* how often repetitions are looked through, */
    EVENT_SWEEP_ON_MS = 1000 /* and when not all that were due could be told */
};

/* One kind of happening about one object. */
struct happening {
    struct event_series series;
    struct json *event; /* as it is posted; NULL once it was */
    int64_t wall_ms;    /* when it happened last */
    char *name, *namespace;
};

/* Post it, or tell of its series; false when that cannot be done: it is forgotten. */
typedef bool event_tell_fn(void *arg, const struct happening *h, enum event_step step);

struct event_book {
    struct kube_table known; /* struct happening */
    struct rate rate;
    size_t passed;    /* those before it were looked at when the last sweep ended early */
    int64_t sweep_ms; /* when to sweep next */
    event_tell_fn *tell;
    void *arg;
};

void event_book_init(struct event_book *b, int64_t now_ms, event_tell_fn *tell,
                     void *arg);
void event_book_clear(struct event_book *b);

/* When event_book_note() may be called next. */
int64_t event_book_ready_ms(const struct event_book *b, int64_t now_ms);

/* It happened (again); tells it if that is due. Takes the event. */
void event_book_note(struct event_book *b, const char *key, struct json *event,
                     int64_t wall_ms, int64_t now_ms);

/* Tell the repetitions that are due, as far as there is room for them now. */
void event_book_sweep(struct event_book *b, int64_t now_ms);

#endif

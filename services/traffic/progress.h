/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - how it goes, while it goes: a few lines redrawn in place on a terminal, a
 * line now and then anywhere else.
 */
#ifndef TRAFFIC_PROGRESS_H
#define TRAFFIC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "traffic/tally.h"

/* What the terminal can show. */
struct looks {
    bool live;    /* it is one */
    bool colours; /* NO_COLOR is not set */
    bool blocks;  /* its text is UTF-8 */
    int columns;
};

/* Of standard error. */
struct looks looks_of_terminal(void);

/* The last ten seconds, as far as they go. */
enum { PROGRESS_STEPS = 20 };
struct progress {
    struct looks looks;
    struct glance steps[PROGRESS_STEPS]; /* a ring */
    size_t count, next;
    int64_t start_ns;
    int drawn; /* lines, to be drawn over */
};

void progress_init(struct progress *p, struct looks looks, int64_t now_ns);

/* How long to wait from one progress_show() to the next. */
int64_t progress_interval_ms(const struct progress *p);

void progress_show(struct progress *p, const struct glance *now, double target_rate,
                   const char *trouble);

/* Remove the live lines. */
void progress_end(struct progress *p);

/* A bar of so many cells, cut by the arms' shares, and behind it each arm's name and
 * share, in the order of the names: an arm keeps its colour. */
void progress_shares(const struct glance *g, const struct looks *looks, int cells,
                     struct buf *out);

/* Cut to so many columns, colours not counted. */
void progress_fit(const char *line, int columns, struct buf *out);

#endif

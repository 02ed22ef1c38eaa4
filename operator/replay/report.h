/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - policies side by side: for the terminal, as CSV, and as a page. */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include "replay/estimate.h"

/* What is told of a policy. */
struct verdict_on {
    struct play play;
    struct estimate estimate;
    double changes_per_hour;
    double lead[ROUTE_ARMS_MAX];  /* share of the decisions in which the arm led */
    double share[ROUTE_ARMS_MAX]; /* mean weight */
};

struct report {
    const struct tape *tape;
    struct verdict_on *items;
    size_t count;
    double logged_share[ROUTE_ARMS_MAX]; /* mean weight that was in force; NAN */
};

/* Fill in all but the play itself, which has been run. The first item is the reference.
 */
void report_judge(struct report *r, uint64_t seed);
void report_clear(struct report *r);

void report_table(const struct report *r, struct buf *out);
void report_csv(const struct report *r, struct buf *out);
void report_html(const struct report *r, struct buf *out);

#endif

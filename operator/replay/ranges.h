/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - what a Prometheus has recorded of one route, and what it would have answered
 * at any moment within.
 *
 * Read from answers of its query API of the type "matrix": range selectors, which give
 * every sample with its own time, or query_range, which gives values on a grid. Answers
 * may overlap and come in any order; series of other routes and names are passed over.
 */
#ifndef REPLAY_RANGES_H
#define REPLAY_RANGES_H

#include "core/decide.h"

/* What is read: the three queries of a live decision, and what became of it. */
enum range_family {
    RANGE_GOOD,
    RANGE_EVENTS,
    RANGE_SCRAPE,
    RANGE_APPLIED,   /* weights read back from the data plane */
    RANGE_DESIRED,   /* weights decided */
    RANGE_NOT_READY, /* 1 where the data plane had no live backend */
    RANGE_DECISION,  /* seconds since 1970 of the last decision */
    RANGE_FAMILY_COUNT
};

enum { RANGES_SAMPLES_MAX = 50 * 1000 * 1000 };

struct ranges;

/* For that route: its names, its arms, its objectives, its window. Borrows it. */
struct ranges *ranges_new(const struct bandit_route *route);
void ranges_free(struct ranges *r);
DEFINE_FREEP(struct ranges *, ranges_free)

/* The selectors to ask a Prometheus for, so that nothing else comes: each is to be
 * followed by a duration in brackets. */
enum { RANGES_SELECTOR_COUNT = 2, RANGES_SELECTOR_MAX = 1024 };
void ranges_selector(const struct bandit_route *route, size_t number,
                     char out[RANGES_SELECTOR_MAX]);

/* Take in one answer. Errors say what is wrong with it; some of it may have been taken.
 */
bool ranges_add(struct ranges *r, const char *text, size_t n, struct error *err);

/* Once all is added: order it. Nothing may be added after that. */
void ranges_close(struct ranges *r);

size_t ranges_samples(const struct ranges *r);

/* Of the reward queries' first and last evaluation; false when there is none. */
bool ranges_extent(const struct ranges *r, int64_t *first_ms, int64_t *last_ms);

/* Fill in what a live decision would have been answered at that moment. A series counts
 * as there when the newest evaluation of its rule group, at most five minutes old,
 * produced it: that is what staleness markers come to, which answers do not hold. before:
 * take the evaluation before that one, as a query sees that overtakes the rules. */
void ranges_observe(const struct ranges *r, int64_t at_ms, unsigned before,
                    struct observation *seen);

/* Weight or readiness of an arm as published at that moment; NAN: not published. */
double ranges_published(const struct ranges *r, enum range_family family, size_t arm,
                        int64_t at_ms);

/* Decision times that were published, ascending, each once. Release: free(). */
int64_t *ranges_decisions(const struct ranges *r, size_t *count);

#endif

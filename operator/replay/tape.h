/* SPDX-License-Identifier: Apache-2.0 */
/* tape.h - the decisions of a route in their order: when, what was seen, what was in
 * force, and, from a journal, what was decided. */
#ifndef REPLAY_TAPE_H
#define REPLAY_TAPE_H

#include "journal/entry.h"
#include "replay/ranges.h"

enum { FRAMES_MAX = 500 * 1000 };

struct frame {
    int64_t time_ms;
    struct observation seen; /* seen.arms[].applied: the weights in force until then */

    /* Of a journal. */
    bool recorded;
    struct route_status *start; /* the state before, where the journal brings it whole */
    struct entry_outcome outcome;
    uint64_t before, after; /* digests */
};

struct tape {
    struct bandit_route *route; /* whose spec was in force; its status is empty */
    struct frame *frames;
    size_t count, cap;
    size_t skipped; /* lines of other routes, or of another spec than the last */
    size_t torn;    /* lines that end in their middle */
};

void tape_clear(struct tape *t);

/* From a journal, with the files that it was moved on to: all decisions of the route
 * `wanted` ("namespace/name"), or of the only one in there when NULL. Where the spec
 * changed, what was decided under the last one. What a crash or a full disk left of a
 * line is counted and read over. */
bool tape_read_journal(struct tape *t, const char *path, const char *wanted,
                       struct error *err);

/* The route to replay, from a manifest. */
bool tape_read_manifest(struct tape *t, const char *path, const char *wanted,
                        struct error *err);

/* From ranges of tape->route: decisions at the times that were published, or where there
 * are none (or step_ms is set), every step_ms. */
bool tape_fill(struct tape *t, const struct ranges *r, int64_t start_ms, int64_t end_ms,
               int64_t step_ms, struct error *err);

/* Keep only the decisions from start_ms to end_ms. */
void tape_cut(struct tape *t, int64_t start_ms, int64_t end_ms);

#endif

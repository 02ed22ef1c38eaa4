/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - a route's ranges from a Prometheus, piece by piece.
 *
 * Raw samples are asked for, by range selectors, and not query_range: a grid of values
 * would lose when each was written, which is what makes a replay exact.
 */
#ifndef REPLAY_ASK_H
#define REPLAY_ASK_H

#include "replay/lines.h"
#include "replay/ranges.h"

struct ask_options {
    const char *url; /* such as "http://127.0.0.1:9090" */
    int64_t timeout_ms;
    int64_t start_ms, end_ms;
    struct lines_writer *save; /* gets every answer as it came; or NULL */
    bool progress;             /* on standard error */
};

/* Errors tell what Prometheus says of a query that it refuses. */
bool ask_ranges(const struct ask_options *o, const struct bandit_route *route,
                struct ranges *into, struct error *err);

#endif

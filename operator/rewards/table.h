/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - what Prometheus said about every arm of the fleet over one window.
 *
 * Filled from the answers to three queries, then only read, by any thread. A fault of one
 * series (NaN, infinity, the same labels twice) is kept with it and holds the routes that
 * it concerns, no others.
 */
#ifndef REWARDS_TABLE_H
#define REWARDS_TABLE_H

#include "base/error.h"
#include "base/mem.h"
#include "core/decide.h"

enum rewards_query { QUERY_GOOD, QUERY_EVENTS, QUERY_SCRAPE, QUERY_COUNT };

struct series_labels {
    const char *namespace, *route, *arm;
    const char *objective; /* "" with QUERY_SCRAPE */
};

enum { REWARDS_SERIES_MAX = 1000000 }; /* bounds the memory that an answer can take */

struct rewards_table;

struct rewards_table *rewards_table_new(void);
void rewards_table_free(struct rewards_table *t);
DEFINE_FREEP(struct rewards_table *, rewards_table_free)

/* ERR_TOO_BIG past the ceiling. */
bool rewards_table_put(struct rewards_table *t, enum rewards_query query,
                       const struct series_labels *labels, double value,
                       struct error *err);

/* Fill in newest_ms and the objectives of each of the route's arms; what is wrong with
 * one of them becomes seen->problem and detail. The rest of *seen is left alone. */
void rewards_table_observe(const struct rewards_table *t, const struct bandit_route *r,
                           struct observation *seen);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - three queries over HTTP become one snapshot. Internal to rewards. */
#ifndef REWARDS_FETCH_H
#define REWARDS_FETCH_H

#include "rewards/rewards.h"

struct fetch;

struct fetch *fetch_new(const struct rewards_options *options);
void fetch_free(struct fetch *f);

/* Always a snapshot, with one reference, that of the caller; NULL only when asked to
 * stop. The queries are evaluated at at_ms, wall time. One thread at a time. */
struct rewards_snapshot *fetch_snapshot(struct fetch *f, enum route_window window,
                                        int64_t at_ms);

#endif

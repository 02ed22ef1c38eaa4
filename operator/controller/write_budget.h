/* SPDX-License-Identifier: Apache-2.0 */
/* write_budget.h - how many statuses a second an API server is given: so many, however
 * large the fleet.
 *
 * A write that matters gets a place in line and is never refused; whoever has one waits
 * for it. One that can wait goes only while half of the burst is there, so that there is
 * room for those that matter. A fleet that is small enough has every decision written;
 * of a larger one each route in turn, every write_budget_lag_ms(). Any thread.
 */
#ifndef CONTROLLER_WRITE_BUDGET_H
#define CONTROLLER_WRITE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* After a pause, so many seconds' worth may go at once. */
enum { WRITE_BUDGET_BURST_S = 25 };

struct write_budget;

/* per_second > 0. */
struct write_budget *write_budget_new(double per_second);
void write_budget_free(struct write_budget *b);
DEFINE_FREEP(struct write_budget *, write_budget_free)

/* A place in line: when to write, now_ms or later. Monotonic. */
int64_t write_budget_reserve(struct write_budget *b, int64_t now_ms);

/* A write that can wait: true when it may go now, and is accounted for. */
bool write_budget_spare(struct write_budget *b, int64_t now_ms);

/* How long a route with nothing new waits from one write to the next: a multiple of its
 * interval, or 0 when every decision can be written. */
int64_t write_budget_lag_ms(const struct write_budget *b, size_t routes,
                            int64_t interval_ms);

#endif

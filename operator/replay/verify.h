/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - do the decisions of a journal come out again?
 *
 * From the journal's own inputs they must, to the bit: same core, same inputs. From
 * Prometheus' ranges nearly all do; where an input differs it is told why.
 */
#ifndef REPLAY_VERIFY_H
#define REPLAY_VERIFY_H

#include "base/buf.h"
#include "replay/tape.h"

struct verify_report {
    size_t decisions, same;
    size_t gaps; /* decisions before which lines are missing: not to be compared */

    /* With inputs from ranges. */
    size_t inputs_same, inputs_overtaken, inputs_unanswered, inputs_absent, inputs_other;
    size_t same_given_state; /* the state before each decision taken from the journal */
    /* All on its own from the first state: same leader, weights to 1e-9. Where a query
     * overtook the rules or failed, this is taken from the journal, as no range tells. */
    size_t near;
};

/* The first few differences are appended to out, a line each. */
void verify_journal(const struct tape *t, struct verify_report *report, struct buf *out);
void verify_ranges(const struct tape *t, const struct ranges *r,
                   struct verify_report *report, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* estimate.h - what another policy would have earned on the traffic that was.
 *
 * Requests went to arms by weights that are known, so they can be weighted anew
 * (off-policy evaluation). The range is cut into blocks of one reward window each, so
 * that no request counts twice. In block k arm i had n_i requests of mean reward r_i
 * under the logged weight b_i; the policy would have given it p_i; N is the sum of n_i:
 *
 *   IPS   sum p_i/b_i n_i r_i / sum N            (Horvitz & Thompson 1952): no bias
 *   SNIPS sum p_i/b_i n_i r_i / sum p_i/b_i n_i  (Swaminathan & Joachims 2015): less
 *         variance, little bias
 *   DM    sum N p_i q_i / sum N: q_i is the arm's mean in the two blocks before and the
 *         two behind; no variance from weights, but all the bias of the model
 *   DR    DM + sum p_i/b_i n_i (r_i - q_i) / sum N (Dudik, Langford & Li 2011): right
 *         when either the weights or the model are
 *
 * Sums go over blocks and arms. Intervals: circular block bootstrap (Politis & Romano
 * 1992) over runs of round(B^(1/3)) blocks, 1000 times, 2.5 and 97.5 % quantiles.
 */
#ifndef REPLAY_ESTIMATE_H
#define REPLAY_ESTIMATE_H

#include "base/buf.h"
#include "replay/play.h"

enum estimator {
    ESTIMATOR_IPS,
    ESTIMATOR_SNIPS,
    ESTIMATOR_DM,
    ESTIMATOR_DR,
    ESTIMATOR_COUNT
};

const char *estimator_name(enum estimator e);

struct interval {
    double value, low, high; /* NAN: nothing to estimate from */
};

enum { BLOCKS_FEW = 20, EFFECTIVE_FEW = 200 };

/* Why the figures are not to be relied on. */
enum doubt {
    DOUBT_FEW_BLOCKS,      /* intervals rest on fewer than BLOCKS_FEW blocks */
    DOUBT_FEW_EFFECTIVE,   /* requests, once weighted: fewer than EFFECTIVE_FEW or 2 % */
    DOUBT_LOW_PROPENSITY,  /* an arm that the policy uses had a logged weight below 0.5 %
                            */
    DOUBT_UNKNOWN_WEIGHTS, /* logged weights were not published: shares stand in */
    DOUBT_MISSING_DATA,    /* of more than a tenth of the range nothing is known */
    DOUBT_SHARES_DIFFER,   /* requests did not follow the logged weights */
    DOUBT_COUNT
};

const char *doubt_text(enum doubt d);

struct estimate {
    struct interval value[ESTIMATOR_COUNT];
    struct interval gain; /* DR less what was really earned, of the same resamples */
    double earned;        /* mean reward that was logged */
    double requests,
        effective; /* effective: (sum of weights)^2 / sum of squares (Kish) */
    size_t blocks;
    bool doubts[DOUBT_COUNT];
};

/* reference: what the windows held is taken from it (any play of the same tape). */
void estimate_play(const struct play *p, const struct play *reference,
                   const struct tape *t, uint64_t seed, struct estimate *e);

/* Of the route's objectives: those of which less than half of the requests brought an
 * event, such as labels that come late or seldom. Appends a sentence each. */
void estimate_labels(const struct tape *t, struct buf *out);

#endif

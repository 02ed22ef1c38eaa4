/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.h - a tape cut into windows that do not overlap. Internal to estimates. */
#ifndef REPLAY_BLOCKS_H
#define REPLAY_BLOCKS_H

#include "replay/play.h"

struct block_arm {
    double n, r; /* requests and their mean reward; 0 and NAN: none */
    double b;    /* logged weight */
    double p;    /* the policy's */
};

struct blocks {
    struct block_arm *arms; /* [block * arm_count + arm] */
    size_t count, arm_count;
    size_t missing;       /* windows of which nothing is known */
    bool unknown_weights; /* b is the share of requests instead */
};

void blocks_make(struct blocks *b, const struct play *p, const struct play *reference,
                 const struct tape *t);
void blocks_clear(struct blocks *b);

#endif

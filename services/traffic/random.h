/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - numbers that look random and repeat with their seed.
 *
 * SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
 * 2014): one word of state, any seed is a good one. Not for secrets.
 */
#ifndef TRAFFIC_RANDOM_H
#define TRAFFIC_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /* the seed */
};

uint64_t random_next(struct random *r);

/* Below n, which is not 0; every value equally likely. */
uint64_t random_below(struct random *r, uint64_t n);

/* In [0, 1). */
double random_unit(struct random *r);

/* The gap to the next event of a Poisson process with one event per unit on average. */
double random_gap(struct random *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - a stream of random numbers that is the same everywhere for the same seed.
 *
 * splitmix64 (Steele, Lea, Flood, 2014): one word of state, good enough to draw samples
 * with, and two seeds that differ in one bit give unrelated streams. Not for secrets.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* any seed is a good one */
};

/* Streams of the same seed and different numbers are unrelated. */
struct random random_stream(uint64_t seed, uint64_t number);

uint64_t random_next(struct random *r);

/* 0 to n - 1, each as likely; n > 0. */
size_t random_below(struct random *r, size_t n);

/* In [0, 1), in steps of 2^-53. */
double random_unit(struct random *r);

void random_shuffle(struct random *r, size_t *items, size_t n);

#endif

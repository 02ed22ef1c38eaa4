/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - a seeded source of chance: the same seed gives the same day. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t s[4];
};

void random_seed(struct random *r, uint64_t seed);

double random_uniform(struct random *r); /* in (0, 1) */
double random_normal(struct random *r);

/* Exact, whatever the size. */
uint64_t random_poisson(struct random *r, double mean);
uint64_t random_binomial(struct random *r, uint64_t trials, double p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* draw.h - draws from distributions: the same seed gives the same day. */
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include "base/random.h"

double draw_uniform(struct random *r); /* in (0, 1) */

/* Exact, whatever the size. */
uint64_t draw_poisson(struct random *r, double mean);
uint64_t draw_binomial(struct random *r, uint64_t trials, double p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* film.h - decisions over time, drawn as inline SVG: weights, who led, rewards. For the
 * reports of bandit-sim and of replay. */
#ifndef SIM_FILM_H
#define SIM_FILM_H

#include "base/buf.h"
#include "sim/run.h"

/* A run, thinned to as many moments as there are columns to draw. */
struct film {
    struct moment *moments;
    size_t count;
    size_t room;
    size_t keep_each;
    size_t seen;
};

/* So many moments will come. */
void film_begin(struct film *f, size_t moments);
void film_clear(struct film *f);

/* A run_watch_fn; arg is the film. */
void film_add(void *arg, const struct moment *m);

/* Weights stacked; a strip of leaders above one of the moments' `best`, which is called
 * so in the margin; rewards, `chances` dotted; below it the hours. */
void film_svg(const struct film *f, size_t arms, const char *best, struct buf *out);

#endif

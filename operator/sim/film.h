/* SPDX-License-Identifier: Apache-2.0 */
/* film.h - decisions over time, drawn: weights, who led, rewards; and the page that holds
 * such drawings. For the reports of bandit-sim and of replay. */
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

/* The lower end of the scale of rewards, whose upper end is 1. */
double film_least_reward(const struct film *f, size_t arms);

/* Weights stacked; a strip of leaders above one of `best`; rewards, `chances` dotted. */
void film_svg(const struct film *f, size_t arms, struct buf *out);

void page_begin(struct buf *out, const char *title);
void page_text(struct buf *out, const char *text); /* escaped */
void page_legend(struct buf *out, const struct route_spec *spec);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* coupling.h - class probabilities from the probabilities of pairs of classes.
 *
 * The second method of Wu, Lin and Weng, "Probability estimates for multi-class
 * classification by pairwise coupling" (JMLR 5, 2004), their algorithm 2, with libsvm's
 * choice of when to stop, so that models trained by it mean the same here.
 */
#ifndef ENGINE_COUPLING_H
#define ENGINE_COUPLING_H

#include <stddef.h>

/* Pairs of classes, filled up to whole vectors. */
size_t coupling_pairs(size_t classes);

/* Platt's sigmoid 1 / (1 + exp(a * decision + b)) of each of n = coupling_pairs(), kept a
 * little away from 0 and 1. */
void coupling_sigmoids(const float *decisions, const float *a, const float *b, size_t n,
                       double *pairs);

/* Doubles of working memory that couple() needs. */
size_t coupling_doubles(size_t classes);

/* pairs: P(i | i or j) for i < j, row by row. Writes one probability per class. */
void couple(const double *pairs, size_t classes, double *work, float *out);

#endif

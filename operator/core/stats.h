/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h - the little statistics that decisions need. */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stddef.h>

/* Correlation of an exponential average with the next window that enters it, when one
 * window spans `windows` decisions, so that consecutive ones share most of their events.
 */
double stats_overlap_correlation(double alpha, double windows);

/* Standard error of (1 - alpha) * average + alpha * next. */
double stats_mix_stderr(double average, double next, double alpha, double correlation);

/* Variance of one trial, as far as these tell, with one success and one failure added
 * (Laplace), so that no luck makes it zero. */
double stats_trial_variance(double good, double trials);

/* Probability of at most `good` successes in `events` trials of success rate p, both
 * counts taken as they are, also when fractional. */
double stats_binomial_tail(double good, double events, double p);

/* For each of n independent Gaussians the probability of being the greatest; they sum to
 * one. Absolute error: 1e-5 where at most three are in reach of the highest mean, 0.02
 * where more are. */
void stats_best_gaussian(size_t n, const double *mean, const double *stderr_mean,
                         double *probability);

/* The same for Beta(1 + successes, 1 + trials - successes). */
void stats_best_beta(size_t n, const double *successes, const double *trials,
                     double *probability);

#endif

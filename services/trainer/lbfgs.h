/* SPDX-License-Identifier: Apache-2.0 */
/* lbfgs.h - the minimum of a smooth convex function of many variables.
 *
 * Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5) with a
 * backtracking line search.
 */
#ifndef TRAINER_LBFGS_H
#define TRAINER_LBFGS_H

#include <stdbool.h>
#include <stddef.h>

/* The value at x, and the gradient there. */
typedef double lbfgs_fn(void *arg, const double *x, double *gradient);

struct lbfgs_outcome {
    size_t iterations;
    bool converged; /* the largest part of the gradient came below the tolerance */
    double value;
};

/* Minimise from x, which becomes the minimum. */
struct lbfgs_outcome lbfgs_minimise(lbfgs_fn *f, void *arg, double *x, size_t n,
                                    double tolerance, size_t iterations_max);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* extremes.h - a number kept within a bound: what fmax() and fmin() do, which are calls
 * into the library, while a decision makes some hundred of them. Private to the core. */
#ifndef CORE_EXTREMES_H
#define CORE_EXTREMES_H

/* The bound also in the place of NAN; it is not NAN itself. */
static inline double at_least(double x, double bound)
{
    return x > bound ? x : bound;
}

static inline double at_most(double x, double bound)
{
    return x < bound ? x : bound;
}

#endif

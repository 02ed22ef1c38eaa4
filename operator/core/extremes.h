/* SPDX-License-Identifier: Apache-2.0 */
/* extremes.h - fmax() and fmin(), which pass over NAN, as code of the caller's: the
 * library's are calls, and a decision makes some hundred of them. Private to the core. */
#ifndef CORE_EXTREMES_H
#define CORE_EXTREMES_H

#include <math.h>

static inline double larger(double a, double b)
{
    return a > b || isnan(b) ? a : b;
}

static inline double smaller(double a, double b)
{
    return a < b || isnan(b) ? a : b;
}

#endif

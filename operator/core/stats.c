/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats.h"

#include <math.h>
#include <stdint.h>

#include "core/extremes.h"

/* q to a whole power: by squares it takes a tenth of what pow() does. */
static double power(double q, uint64_t exponent)
{
    double result = 1;

    for (; exponent; exponent >>= 1, q *= q)
        if (exponent & 1)
            result *= q;
    return result;
}

/* Let windows be means of m equal pieces, one piece new with each decision. The average
 * of windows is then a weighted sum of pieces, whose squared weights sum to a closed
 * form; the variance of average and next that reproduces it fixes their correlation. */
double stats_overlap_correlation(double alpha, double windows)
{
    uint64_t pieces = windows > 1 ? (uint64_t)(windows + 0.5) : 1;
    double m = (double)pieces;
    double q = 1 - alpha;
    double qm = power(q, pieces);
    double inside; /* sum of squared weights of pieces still in the window, times m^2 */
    double outside;
    double ratio; /* variance of the average over that of a window */

    if (!(alpha > 0) || alpha >= 1)
        return 0;
    inside = m - 2 * q * (1 - qm) / alpha + q * q * (1 - qm * qm) / (1 - q * q);
    outside = (1 - qm) * (1 - qm) * q * q / (1 - q * q);
    ratio = (inside + outside) / m;
    return at_most(
        at_least((ratio * (1 - q * q) - alpha * alpha) / (2 * alpha * q * sqrt(ratio)),
                 0),
        1);
}

double stats_trial_variance(double good, double trials)
{
    double smoothed = (good + 1) / (trials + 2);

    return smoothed * (1 - smoothed);
}

double stats_mix_stderr(double average, double next, double alpha, double correlation)
{
    double a = (1 - alpha) * average;
    double b = alpha * next;

    return sqrt(at_least(a * a + b * b + 2 * correlation * a * b, 0));
}

/* Continued fraction of the incomplete beta function (DLMF 8.17.22), evaluated by the
 * modified Lentz method; good for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    double h;

    d = 1 / (fabs(d) < tiny ? tiny : d);
    h = d;
    for (int k = 1; k <= 300; k++) {
        double even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        double odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
        double step;

        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        step = d * c;
        h *= step;
        if (fabs(step - 1) < 1e-12)
            break;
    }
    return h;
}

/* Regularised incomplete beta function I_x(a, b). */
static double beta_cdf(double x, double a, double b)
{
    double front =
        exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));

    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

static double normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double stats_binomial_tail(double good, double events, double p)
{
    double spread = sqrt(events * p * (1 - p));

    if (!(events > 0) || good >= events || p <= 0)
        return 1;
    if (p >= 1)
        return 0;
    if (spread > 100) /* the normal is as good there, and the fraction slow */
        return normal_cdf((good + 0.5 - events * p) / spread);
    return beta_cdf(1 - p, events - good, good + 1);
}

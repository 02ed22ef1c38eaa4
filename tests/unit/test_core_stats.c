/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>

#include "core/stats.h"
#include "route/route.h"
#include "sim/draw.h"

/* Box and Muller. */
static double draw_normal(struct random *r)
{
    double radius = sqrt(-2 * log(draw_uniform(r)));

    return radius * cos(2 * M_PI * draw_uniform(r));
}

static double binomial_sum(int good, int events, double p)
{
    double sum = 0;

    for (int k = 0; k <= good; k++)
        sum += exp(lgamma(events + 1) - lgamma(k + 1) - lgamma(events - k + 1) +
                   k * log(p) + (events - k) * log1p(-p));
    return sum;
}

static void the_binomial_tail_is_the_sum_of_its_terms(void **state)
{
    static const int events[] = {1, 2, 5, 20, 100, 1000, 30000};
    static const double chances[] = {0.5, 0.9, 0.95, 0.999};

    (void)state;
    for (size_t e = 0; e < ARRAY_LEN(events); e++)
        for (size_t p = 0; p < ARRAY_LEN(chances); p++)
            for (int k = 0; k < 10; k++) {
                int good = (int)(events[e] * (chances[p] - 0.01 * k));
                double want;

                if (good < 0 || good >= events[e])
                    continue;
                want = binomial_sum(good, events[e], chances[p]);
                if (fabs(stats_binomial_tail(good, events[e], chances[p]) - want) >
                    1e-9 + 1e-6 * want)
                    fail_msg("%d of %d at %g: %g, not %g", good, events[e], chances[p],
                             stats_binomial_tail(good, events[e], chances[p]), want);
            }
    assert_true(stats_binomial_tail(5, 5, 0.9) == 1);
    assert_true(stats_binomial_tail(0, 5, 1) == 0);
    /* Far out, the normal takes over; it has to meet the other at the seam. */
    assert_true(fabs(stats_binomial_tail(949800, 1e6, 0.95) / 0.1799 - 1) < 0.01);
    assert_true(stats_binomial_tail(1e17, 1e18, 0.95) == 0);
}

static void the_best_of_two_gaussians_is_the_normal_tail(void **state)
{
    (void)state;
    for (int d = -40; d <= 40; d++)
        for (int s = 1; s <= 4; s++) {
            double mean[] = {0.5 + d * 0.005, 0.5};
            double error[] = {0.02, 0.02 * s};
            double probability[2];
            double want =
                0.5 * erfc(-(mean[0] - mean[1]) / (hypot(error[0], error[1]) * M_SQRT2));

            stats_best_gaussian(2, mean, error, probability);
            if (fabs(probability[0] - want) > 1e-8)
                fail_msg("%d %d: %g, not %g", d, s, probability[0], want);
            assert_true(fabs(probability[0] + probability[1] - 1) < 1e-9);
        }
}

/* The definition itself, by Simpson's rule on a grid fine enough for fourteen digits of
 * what is smooth on the scale of the smallest error. */
static double best_by_definition(size_t n, const double *mean, const double *error,
                                 size_t arm)
{
    double smallest = error[0];
    double sum = 0;
    int steps;

    for (size_t i = 1; i < n; i++)
        smallest = fmin(smallest, error[i]);
    steps = 2 * (int)ceil(9 * error[arm] / (smallest / 20));
    for (int s = 0; s <= steps; s++) {
        double z = -9 + 18.0 * s / steps;
        double term = exp(-z * z / 2) / sqrt(2 * M_PI);

        for (size_t k = 0; k < n; k++)
            if (k != arm)
                term *= 0.5 * erfc(-(mean[arm] + z * error[arm] - mean[k]) /
                                   (error[k] * M_SQRT2));
        sum += term * (s == 0 || s == steps ? 1 : s % 2 ? 4 : 2);
    }
    return sum * 18 / steps / 3;
}

static void the_best_gaussian_is_as_exact_as_promised(void **state)
{
    struct random r = random_stream(11, 0);
    double worst[ROUTE_ARMS_MAX + 1] = {0};

    (void)state;
    for (int trial = 0; trial < 1500; trial++) {
        size_t n = 2 + random_below(&r, trial % 3 ? 2 : 5);
        double mean[8], error[8], got[8], total = 0;

        for (size_t i = 0; i < n; i++) {
            error[i] = exp2(6 * draw_uniform(&r) - 12);
            mean[i] = 0.9 + draw_normal(&r) * error[i] * (trial % 2 ? 1 : 4);
        }
        stats_best_gaussian(n, mean, error, got);
        for (size_t i = 0; i < n; i++) {
            double off = fabs(got[i] - best_by_definition(n, mean, error, i));

            worst[n] = fmax(worst[n], off);
            assert_true(got[i] >= 0 && got[i] <= 1);
            total += got[i];
        }
        assert_true(fabs(total - 1) < 1e-9);
    }
    print_message("worst error of 2, 3, 4, 5, 6: %.1e %.1e %.1e %.1e %.1e\n", worst[2],
                  worst[3], worst[4], worst[5], worst[6]);
    assert_true(worst[2] < 1e-8);
    assert_true(worst[3] < 1e-5);
    for (size_t n = 4; n <= 6; n++)
        assert_true(worst[n] < 0.02);
}

/* Gamma of shape at least 1 (Marsaglia & Tsang 2000). */
static double draw_gamma(struct random *r, double shape)
{
    double d = shape - 1.0 / 3;

    for (;;) {
        double x = draw_normal(r);
        double v = pow(1 + x / sqrt(9 * d), 3);

        if (v > 0 && log(draw_uniform(r)) < x * x / 2 + d - d * v + d * log(v))
            return d * v;
    }
}

static double draw_beta(struct random *r, double a, double b)
{
    double x = draw_gamma(r, a);

    return x / (x + draw_gamma(r, b));
}

static void the_best_of_betas_agrees_with_drawing(void **state)
{
    static const double cases[][6] = {
  /* successes, trials of three arms */
        {97,  100,  95,  100, 90, 100},
        {970, 1000, 19,  20,  18, 20 },
        {0,   0,    0,   0,   0,  0  },
        {20,  20,   260, 270, 0,  3  },
        {1e5, 2e5,  50,  100, 2,  3  },
    };
    struct random r;

    (void)state;
    r = random_stream(1, 0);
    for (size_t t = 0; t < ARRAY_LEN(cases); t++) {
        double successes[3];
        double trials[3];
        double got[3];
        double wins[3] = {0};
        const int draws = 20000;

        for (int i = 0; i < 3; i++) {
            successes[i] = cases[t][2 * i];
            trials[i] = cases[t][2 * i + 1];
        }
        stats_best_beta(3, successes, trials, got);
        for (int k = 0; k < draws; k++) {
            double best = -1;
            int winner = 0;

            for (int i = 0; i < 3; i++) {
                double x = draw_beta(&r, 1 + successes[i], 1 + trials[i] - successes[i]);

                if (x > best) {
                    best = x;
                    winner = i;
                }
            }
            wins[winner]++;
        }
        for (int i = 0; i < 3; i++)
            if (fabs(got[i] - wins[i] / draws) > 0.015)
                fail_msg("case %zu arm %d: %g, drawn %g", t, i, got[i], wins[i] / draws);
    }
}

/* Windows of m independent pieces, averaged exponentially: the recursion has to give the
 * spread that many simulated averages have. */
static void the_error_of_an_average_of_overlapping_windows_is_right(void **state)
{
    static const struct {
        double alpha;
        int pieces;
    } rows[] = {
        {0.3, 10},
        {0.3, 1 },
        {0.1, 20},
        {0.9, 5 },
    };
    struct random r;

    (void)state;
    r = random_stream(7, 0);
    for (size_t t = 0; t < ARRAY_LEN(rows); t++) {
        double rho = stats_overlap_correlation(rows[t].alpha, rows[t].pieces);
        double error = 1 / sqrt(rows[t].pieces); /* of a window */
        double squares = 0;
        double pieces[32] = {0};
        double average = 0;
        const int steps = 400000;

        for (int i = 0; i < 200; i++)
            error = stats_mix_stderr(error, 1 / sqrt(rows[t].pieces), rows[t].alpha, rho);
        for (int i = 0; i < steps; i++) {
            double window = 0;

            pieces[i % rows[t].pieces] = draw_normal(&r);
            for (int k = 0; k < rows[t].pieces; k++)
                window += pieces[k] / rows[t].pieces;
            average += rows[t].alpha * (window - average);
            squares += average * average;
        }
        if (fabs(error / sqrt(squares / steps) - 1) > 0.03)
            fail_msg("row %zu: %g, simulated %g", t, error, sqrt(squares / steps));
    }
}

static void the_source_of_chance_has_the_right_moments(void **state)
{
    static const double means[] = {0.3, 5, 11.9, 12.1, 80, 2000};
    struct random r;

    (void)state;
    r = random_stream(3, 0);
    for (size_t m = 0; m < ARRAY_LEN(means); m++) {
        double sum = 0;
        double squares = 0;
        const int n = 50000;

        for (int i = 0; i < n; i++) {
            double k = (double)draw_poisson(&r, means[m]);

            sum += k;
            squares += k * k;
        }
        assert_true(fabs(sum / n / means[m] - 1) < 5 / sqrt(n * means[m]));
        assert_true(fabs((squares / n - sum / n * sum / n) / means[m] - 1) < 0.05);
    }
    for (int p = 1; p < 10; p++) {
        double sum = 0;
        double squares = 0;
        const int n = 20000;

        for (int i = 0; i < n; i++) {
            double k = (double)draw_binomial(&r, 50, p / 10.0);

            assert_true(k <= 50);
            sum += k;
            squares += k * k;
        }
        assert_true(fabs(sum / n - 5.0 * p) < 0.15);
        assert_true(fabs((squares / n - sum / n * sum / n) - 5.0 * p * (1 - p / 10.0)) <
                    0.8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_binomial_tail_is_the_sum_of_its_terms),
        cmocka_unit_test(the_best_of_two_gaussians_is_the_normal_tail),
        cmocka_unit_test(the_best_gaussian_is_as_exact_as_promised),
        cmocka_unit_test(the_best_of_betas_agrees_with_drawing),
        cmocka_unit_test(the_error_of_an_average_of_overlapping_windows_is_right),
        cmocka_unit_test(the_source_of_chance_has_the_right_moments),
    };

    return cmocka_run_group_tests_name("core_stats", tests, NULL, NULL);
}

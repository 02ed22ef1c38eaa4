/* SPDX-License-Identifier: Apache-2.0 */
/* Weights as integers. */
#include "support/test.h"

#include <math.h>

#include "core/rounding.h"
#include "route/route.h"

enum { UNITS = 256 };

static void weights_are_rounded_by_largest_remainder(void **state)
{
    static const struct {
        double weights[4];
        uint32_t total;
        uint32_t want[4];
    } rows[] = {
        {{0.25, 0.25, 0.25, 0.25},       256, {64, 64, 64, 64}},
        {{0.86667, 0.06667, 0.06666, 0}, 100, {87, 7, 6, 0}   },
        {{0.5, 0.3, 0.2, 0},             1,   {1, 1, 1, 0}    }, /* too few: one each */
        {{0.9999, 0.0001, 0, 0},         256, {255, 1, 0, 0}  },
        {{1, 0, 0, 0},                   256, {256, 0, 0, 0}  },
        {{0.3333, 0.3333, 0.3334, 0},    10,  {3, 3, 4, 0}    },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        uint32_t out[4];

        rounding_share(rows[r].weights, 4, rows[r].total, out);
        for (size_t i = 0; i < 4; i++)
            if (out[i] != rows[r].want[i])
                fail_msg("row %zu arm %zu: %u", r, i, out[i]);
    }
}

static void weights_become_256_units(void **state)
{
    static const struct {
        const char *what;
        size_t n;
        double weights[ROUTE_ARMS_MAX];
        uint32_t want[ROUTE_ARMS_MAX];
    } rows[] = {
        {"all on one",       3, {1, 0, 0},                    {256, 0, 0}   },
        {"thirds",           3, {1. / 3, 1. / 3, 1. / 3},     {86, 85, 85}  },
        {"epsilon 0.2",      3, {13. / 15, 1. / 15, 1. / 15}, {222, 17, 17} },
        {"tiny is not zero", 2, {0.999999, 0.000001},         {255, 1}      },
        {"zero stays zero",  3, {0.5, 0.5, 0},                {128, 128, 0} },
        {"sum is not one",   2, {3, 1},                       {192, 64}     },
        {"three tiny ones",  4, {1, 1e-9, 1e-9, 1e-9},        {253, 1, 1, 1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t units[ROUTE_ARMS_MAX] = {0};
        uint32_t sum = 0;

        assert_true(rounding_units(rows[i].weights, rows[i].n, UNITS, units));
        for (size_t k = 0; k < rows[i].n; k++) {
            if (units[k] != rows[i].want[k])
                fail_msg("%s: arm %zu has %u, not %u", rows[i].what, k, units[k],
                         rows[i].want[k]);
            sum += units[k];
        }
        assert_int_equal(sum, UNITS);
    }
}

/* Whatever the weights: the units sum to 256, are nowhere zero by rounding, and are
 * within one of the exact share unless the small ones had to be lifted. */
static void units_keep_their_sum_for_any_weights(void **state)
{
    uint32_t seed = 12345;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        double weights[ROUTE_ARMS_MAX];
        uint32_t units[ROUTE_ARMS_MAX], sum = 0;
        size_t n = 2 + (size_t)(round % 15);
        bool any = false;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525U + 1013904223U;
            weights[i] =
                seed % 7 == 0 ? 0 : pow((double)(seed >> 8) / 16777216, 1 + round % 9);
            any |= weights[i] > 0;
        }
        if (!any)
            continue;
        assert_true(rounding_units(weights, n, UNITS, units));
        for (size_t i = 0; i < n; i++) {
            sum += units[i];
            assert_int_equal(units[i] > 0, weights[i] > 0);
        }
        assert_int_equal(sum, UNITS);
    }
}

static void weights_that_are_no_shares_are_refused(void **state)
{
    static const double rows[][2] = {
        {0,        0        },
        {-1,       2        },
        {NAN,      1        },
        {INFINITY, 1        },
        {1,        -INFINITY},
        {1e308,    1e308    },
    };
    uint32_t units[2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_false(rounding_units(rows[i], 2, UNITS, units));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_rounded_by_largest_remainder),
        cmocka_unit_test(weights_become_256_units),
        cmocka_unit_test(units_keep_their_sum_for_any_weights),
        cmocka_unit_test(weights_that_are_no_shares_are_refused),
    };

    return cmocka_run_group_tests_name("core_rounding", tests, NULL, NULL);
}

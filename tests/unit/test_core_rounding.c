/* SPDX-License-Identifier: Apache-2.0 */
/* Weights as integers. */
#include "support/test.h"

#include "core/rounding.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_rounded_by_largest_remainder),
    };

    return cmocka_run_group_tests_name("core_rounding", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/decided.h"

#include <math.h>

void assert_weights(const struct stage *s, const double *want)
{
    double sum = 0;

    for (size_t i = 0; i < s->spec.arm_count; i++) {
        sum += s->last.weights[i];
        if (fabs(s->last.weights[i] - want[i]) > 5e-4)
            fail_msg("arm %zu has %.6f, not %.6f", i, s->last.weights[i], want[i]);
    }
    assert_true(fabs(sum - 1) < 1e-12);
}

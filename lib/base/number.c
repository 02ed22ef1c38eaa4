/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

size_t number_format(double v, char out[NUMBER_MAX])
{
    assert(isfinite(v));
    if (v == trunc(v) && fabs(v) < 1e15 && !(v == 0 && signbit(v)))
        return (size_t)snprintf(out, NUMBER_MAX, "%" PRId64, (int64_t)v);
    for (int digits = 1;; digits++) {
        int n = snprintf(out, NUMBER_MAX, "%.*g", digits, v);

        if (digits == 17 || strtod(out, NULL) == v)
            return (size_t)n;
    }
}

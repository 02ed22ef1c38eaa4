/* SPDX-License-Identifier: Apache-2.0 */
/* decided.h - what a test expects of the last decision of a stage. */
#ifndef SUPPORT_DECIDED_H
#define SUPPORT_DECIDED_H

#include "support/stage.h"
#include "support/test.h"

/* To 5e-4, and that they sum to one. */
void assert_weights(const struct stage *s, const double *want);

#define assert_decided(s, v, r)                                                \
    do {                                                                       \
        assert_string_equal(verdict_name((s)->last.verdict), verdict_name(v)); \
        assert_string_equal(reason_name((s)->last.reason), reason_name(r));    \
    } while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/results.h"

void results_html(const struct results *r, struct buf *out)
{
    results_table(r, out);
}

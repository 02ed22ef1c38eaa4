/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h - a registry as text: OpenMetrics 1.0 or Prometheus text 0.0.4. */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "metrics/metrics.h"

enum exposition { EXPOSITION_TEXT_0_0_4, EXPOSITION_OPENMETRICS_1_0 };

/* What to answer to this Accept header (NULL: none). Never fails: text 0.0.4 is the last
 * resort. */
enum exposition exposition_negotiate(const char *accept);

/* The exact Content-Type of an answer. */
const char *exposition_content_type(enum exposition e);

/* Append the whole registry, "# EOF" included where the format has it. */
void metrics_expose(struct metrics *m, enum exposition e, struct buf *out);

#endif

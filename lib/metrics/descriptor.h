/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor.h - what is right in a row of a table of families. For lib/metrics only. */
#ifndef METRICS_DESCRIPTOR_H
#define METRICS_DESCRIPTOR_H

#include "metrics/metrics.h"

size_t metric_label_count(const struct metric_desc *d);

/* Asserts that it is, beside these constant labels: what fails here is a bug. */
void metric_desc_check(const struct metric_desc *d, const struct metric_label *constant,
                       size_t constant_count);

#endif

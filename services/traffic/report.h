/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what came of the whole run, for people and for machines. */
#ifndef TRAFFIC_REPORT_H
#define TRAFFIC_REPORT_H

#include <stdint.h>

#include "base/buf.h"
#include "traffic/tally.h"

struct report {
    const struct tally *tally;
    const char *url, *data, *pattern;
    double rate;
    uint64_t seed;
    double seconds; /* in which requests were due */
    const char *trouble;
};

void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);

#endif

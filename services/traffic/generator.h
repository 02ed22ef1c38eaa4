/* SPDX-License-Identifier: Apache-2.0 */
/* generator.h - sends predictions on schedule, and the true labels after them.
 *
 * The load is open: requests are due when the pattern says, however slow the answers are,
 * and latency is counted from when a request was due. A server that stalls is thus seen
 * as its users would see it, and not spared by a generator that waits for it.
 */
#ifndef TRAFFIC_GENERATOR_H
#define TRAFFIC_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/stop.h"
#include "traffic/pattern.h"
#include "traffic/rows.h"
#include "traffic/tally.h"
#include "traffic/traffic_metrics.h"

struct generator_options {
    const char *url;            /* predictions go to <url>/predict, labels to /feedback */
    const char *const *headers; /* added to each request, NULL-terminated */
    const struct rows *rows;
    struct pattern pattern;
    uint64_t seed;
    int64_t duration_ms; /* 0: until stopped */
    int64_t timeout_ms;
    size_t max_in_flight; /* requests that are due then wait, for at most the time-out */
    int64_t feedback_delay_ms;
    double feedback_ratio; /* of the predictions, 0..1 */
};

struct generator;

/* All that the options and metrics point to is borrowed. */
struct generator *generator_new(const struct generator_options *options,
                                struct traffic_metrics *metrics);
void generator_free(struct generator *g);
DEFINE_FREEP(struct generator *, generator_free)

/* Send until the duration is over or stop is asked for, then wait for what is in flight;
 * abandon ends that, too. Labels that are not due within ten seconds of the end, or at
 * all when stopped, are dropped. */
void generator_run(struct generator *g, struct stop *stop, struct stop *abandon);

/* For other threads while it runs. */
void generator_glance(struct generator *g, struct glance *out);
enum { GENERATOR_TROUBLE_MAX = 256 };
/* What the latest failure was, "" when there was none. */
void generator_trouble(struct generator *g, char out[GENERATOR_TROUBLE_MAX]);

/* After it ran. */
const struct tally *generator_tally(const struct generator *g);
double generator_seconds(const struct generator *g); /* in which requests were due */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h - tells the models, some time after they predicted, what was true.
 *
 * Belongs to the thread that runs the pool.
 */
#ifndef TRAFFIC_LABELS_H
#define TRAFFIC_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "httpc/httpc_pool.h"
#include "traffic/tally.h"

struct labels;

typedef void labels_result_fn(void *arg, enum feedback_result result);

struct labels_options {
    struct httpc_pool *pool;
    const char *url;            /* of /feedback */
    const char *const *headers; /* added to each request, NULL-terminated */
    int64_t delay_ms, timeout_ms;
    labels_result_fn *on_result; /* called once for each label */
    void *arg;
};

/* What the options point to is borrowed. */
struct labels *labels_new(const struct labels_options *options);
void labels_free(struct labels *l);
DEFINE_FREEP(struct labels *, labels_free)

/* The body of a prediction was this, and the label, borrowed, is the truth. */
void labels_learn(struct labels *l, const char *prediction, size_t n, const char *label);

/* When the next label is due; INT64_MAX when none waits. */
int64_t labels_due_ns(const struct labels *l);

/* Start what is due, as far as the pool has room. */
void labels_send(struct labels *l, int64_t now_ns);

/* Drop those that wait, and from now on those that are learnt: the run is over. */
void labels_end(struct labels *l);

#endif

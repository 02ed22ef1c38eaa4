/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h - how a registry is laid out. For lib/metrics only. */
#ifndef METRICS_REGISTRY_H
#define METRICS_REGISTRY_H

#include <pthread.h>

#include "metrics/family.h"

struct refresh {
    metrics_refresh_fn *fn;
    void *arg;
};

struct metrics {
    pthread_mutex_t lock; /* over all below */
    struct buf constant;  /* the constant labels as text */
    struct metric_label *constant_labels;
    size_t constant_count;
    struct family **families; /* in the order they were first used */
    size_t family_count;
    struct refresh *refreshes;
    size_t refresh_count;
    void **owned; /* freed with the registry */
    size_t owned_count;
};

/* Free p together with the registry. */
void metrics_own(struct metrics *m, void *p);

#endif

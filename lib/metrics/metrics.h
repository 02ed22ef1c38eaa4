/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - counters, gauges, histograms, info and state sets of one registry.
 *
 * A family is a row of a table (struct metric_desc), declared static const; the rows are
 * also what docs/metrics.md is generated from. A child is a family plus label values; it
 * lives as long as its registry unless removed. Counting and observing are lock-free and
 * may be done from any thread; making and removing children take the registry's lock, so
 * keep the pointer instead of looking it up on a hot path.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
    METRIC_INFO,
    METRIC_STATESET,
};

enum metric_stability { METRIC_STABLE, METRIC_EXPERIMENTAL };

enum { METRIC_LABELS_MAX = 8, METRIC_EXEMPLAR_LABELS = 2 };

struct metric_desc {
    const char
        *name; /* of the family: a counter's without _total, an info's without _info */
    enum metric_type type;
    enum metric_stability stability;
    const char *unit;                      /* last part of the name, or NULL */
    const char *help;                      /* one sentence */
    const char *labels[METRIC_LABELS_MAX]; /* names, NULL-terminated when fewer */
    const char *const *states;             /* state set: NULL-terminated */
    const double *buckets;                 /* histogram: upper bounds, rising, no +Inf */
    size_t bucket_count;
    /* Counter, histogram: what an exemplar says, such as trace_id; none: there are none.
     * They cost half a kilobyte for each child, or bucket. */
    const char *exemplar[METRIC_EXEMPLAR_LABELS];
    bool no_constant_labels; /* its samples do not take those of the registry */
    /* Histogram, gauge that is only added to, counter without exemplars: several threads
     * count at a time, many times a millisecond, and are not to hold each other up. Half
     * a kilobyte for each child; more for a histogram. */
    bool striped;
    const char *example; /* PromQL for the reference */
};

/* Rows that belong together; what a program publishes is a list of tables. */
struct metric_table {
    const struct metric_desc *rows;
    size_t count;
};

struct metric_label {
    const char *name, *value;
};

struct metrics; /* a registry */
struct counter;
struct gauge;
struct histogram;
struct stateset;

/* The constant labels (such as route and arm) come first on every sample of the
 * registry; both are copied. */
struct metrics *metrics_new(const struct metric_label *constant, size_t n);
void metrics_free(struct metrics *m);
DEFINE_FREEP(struct metrics *, metrics_free)

/* The child with these label values (as many as the family has labels; NULL when it has
 * none), made at zero on first use. The descriptor must outlive the registry. */
struct counter *metrics_counter(struct metrics *m, const struct metric_desc *d,
                                const char *const *values);
struct gauge *metrics_gauge(struct metrics *m, const struct metric_desc *d,
                            const char *const *values);
struct histogram *metrics_histogram(struct metrics *m, const struct metric_desc *d,
                                    const char *const *values);
struct stateset *metrics_stateset(struct metrics *m, const struct metric_desc *d,
                                  const char *const *values);
void metrics_info(struct metrics *m, const struct metric_desc *d,
                  const char *const *values);

void counter_add(struct counter *c, double v); /* v >= 0, finite; else ignored */
void counter_inc(struct counter *c);
double counter_value(const struct counter *c);
void gauge_set(struct gauge *g, double v);
void gauge_add(struct gauge *g, double v);
double gauge_value(const struct gauge *g);
void histogram_observe(struct histogram *h, double v); /* NaN is ignored */
void stateset_set(struct stateset *s, size_t state);   /* index; the others become 0 */

/* The same with an exemplar: values (NULL: leave that label out) of the labels that the
 * family has for them, and when, in milliseconds since 1970 (0: not told). An exemplar
 * that has a time stays for a second. One that OpenMetrics does not allow, for its names
 * and values are not UTF-8 or have more than 128 characters, is left out. Lock-free, too.
 * Only OpenMetrics shows them. */
void counter_add_exemplar(struct counter *c, double v, const char *const *values,
                          int64_t wall_ms);
void histogram_observe_exemplar(struct histogram *h, double v, const char *const *values,
                                int64_t wall_ms);

/* Remove the children whose values equal the given ones; a NULL entry matches all. They
 * are gone from the next exposition; pointers to them must not be used any more. */
void metrics_remove(struct metrics *m, const struct metric_desc *d,
                    const char *const *values);

/* Called before each exposition, to set gauges that are read and not counted. */
typedef void metrics_refresh_fn(void *arg);
void metrics_on_expose(struct metrics *m, metrics_refresh_fn *fn, void *arg);

/* process_cpu_seconds_total, process_resident_memory_bytes, ... of this process, and
 * <prefix>_build_info{version, compiler}, which takes no constant labels. */
void metrics_add_process(struct metrics *m, const char *prefix);

/* The rows of the above but for build_info, for metrics_describe(). */
extern const struct metric_table metrics_process_table;

/* Append the tables as a JSON array, a family an object: what --describe-metrics prints
 * and docs/metrics.md is generated from. The constant labels (NULL-terminated names, or
 * NULL) are listed with each family that takes them; build_prefix, where not NULL, adds
 * <build_prefix>_build_info. */
void metrics_describe(const struct metric_table *tables, size_t n,
                      const char *const *constant_labels, const char *build_prefix,
                      struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exposition.h"

#include <math.h>
#include <stdlib.h>

#include "metrics/registry.h"

/* A family being written: the sample name is made once, children only copy it. */
struct page {
    struct buf *out;
    struct buf name;
};

/* Everything up to the value: name_suffix{labels,extra} */
static void sample(struct page *p, const char *suffix, const struct child *c,
                   const struct buf *extra)
{
    size_t extra_len = extra ? extra->len : 0;

    buf_add(p->out, buf_str(&p->name), p->name.len);
    if (suffix)
        buf_puts(p->out, suffix);
    if (c->labels_len + extra_len) {
        buf_putc(p->out, '{');
        buf_add(p->out, child_labels(c), c->labels_len);
        if (c->labels_len && extra_len)
            buf_putc(p->out, ',');
        if (extra_len)
            buf_add(p->out, buf_str(extra), extra_len);
        buf_putc(p->out, '}');
    }
    buf_putc(p->out, ' ');
}

static void value(struct page *p, double v)
{
    exposition_value(p->out, v);
    buf_putc(p->out, '\n');
}

static void write_histogram(struct page *p, const struct metric_desc *d, struct child *c)
{
    size_t n = d->bucket_count;
    CLEANUP(buf_clear)
    struct buf le = BUF_INIT(64);
    struct histogram_reading r = {.counts = mem_alloc(n + 1, sizeof(uint64_t))};

    histogram_read(child_value(c), &r);
    for (size_t i = 0; i <= n; i++) {
        buf_reset(&le);
        buf_puts(&le, "le=\"");
        exposition_bound(&le, i < n ? d->buckets[i] : (double)INFINITY);
        buf_putc(&le, '"');
        sample(p, "_bucket", c, &le);
        value(p, (double)r.counts[i]);
    }
    /* OpenMetrics forbids a sum where negative values are counted. */
    if (!n || d->buckets[0] >= 0) {
        sample(p, "_sum", c, NULL);
        value(p, r.sum);
    }
    sample(p, "_count", c, NULL);
    value(p, (double)r.counts[n]);
    free(r.counts);
}

static void write_stateset(struct page *p, const struct metric_desc *d, struct child *c)
{
    const struct stateset *s = child_value(c);
    size_t now = atomic_load_explicit(&s->state, memory_order_relaxed);
    CLEANUP(buf_clear)
    struct buf state = BUF_INIT(1024);

    for (size_t i = 0; d->states[i]; i++) {
        buf_reset(&state);
        exposition_label(&state, d->name, d->states[i]);
        sample(p, NULL, c, &state);
        value(p, i == now);
    }
}

static void write_child(struct page *p, const struct metric_desc *d, struct child *c)
{
    switch (d->type) {
    case METRIC_COUNTER:
        sample(p, NULL, c, NULL);
        value(p, counter_value(child_value(c)));
        break;
    case METRIC_GAUGE:
        sample(p, NULL, c, NULL);
        value(p, gauge_value(child_value(c)));
        break;
    case METRIC_INFO:
        sample(p, NULL, c, NULL);
        value(p, 1);
        break;
    case METRIC_HISTOGRAM:
        write_histogram(p, d, c);
        break;
    case METRIC_STATESET:
        write_stateset(p, d, c);
        break;
    }
}

static void refresh(struct metrics *m)
{
    /* Registered at start-up and never removed, so the lock is needed only to count; the
     * functions themselves use the registry and must run without it. */
    for (size_t i = 0;; i++) {
        struct refresh r = {NULL, NULL};

        (void)pthread_mutex_lock(&m->lock);
        if (i < m->refresh_count)
            r = m->refreshes[i];
        (void)pthread_mutex_unlock(&m->lock);
        if (!r.fn)
            return;
        r.fn(r.arg);
    }
}

void metrics_expose_families(struct metrics *m, enum exposition e, struct buf *out)
{
    refresh(m);
    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->family_count; i++) {
        struct family *f = m->families[i];
        struct page p = {.out = out, .name = BUF_INIT(1024)};

        if (!f->count)
            continue;
        exposition_header(out, e, f->desc);
        exposition_sample_name(&p.name, f->desc);
        for (size_t k = 0; k < f->count; k++)
            write_child(&p, f->desc, f->children[k]);
        buf_clear(&p.name);
    }
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_expose(struct metrics *m, enum exposition e, struct buf *out)
{
    metrics_expose_families(m, e, out);
    exposition_end(e, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exposition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/registry.h"
#include "metrics/values.h"

enum { TEXT_MAX = 4096 }; /* of a name, a label or an exemplar */

/* A family being written: what its lines have in common is made once, and a child only
 * puts in what is its own. */
struct page {
    struct buf *out;
    enum exposition format;
    struct buf name;
    struct buf more;     /* label of a bucket or state */
    struct buf exemplar; /* of the line being written */
    struct exposition_sample line;
};

static void name_as(struct page *p, const char *suffix)
{
    buf_puts(&p->name, suffix);
    p->line.name = exposition_text(&p->name);
}

static void unname(struct page *p, size_t len)
{
    buf_cut(&p->name, len);
    p->line.name.len = len;
}

/* The exemplar of the next line, if there is one. Text 0.0.4 has none. */
static void exemplar(struct page *p, struct exemplar *e)
{
    buf_reset(&p->exemplar);
    if (p->format == EXPOSITION_OPENMETRICS_1_0)
        exemplar_text(e, &p->exemplar);
    p->line.exemplar = exposition_text(&p->exemplar);
}

static void sample(struct page *p, const struct child *c, double v)
{
    p->line.labels = child_labels(c);
    p->line.value = v;
    exposition_sample(p->out, &p->line);
    p->line.exemplar.len = 0;
}

static void write_buckets(struct page *p, const struct child *c, struct histogram *h,
                          const struct histogram_reading *r)
{
    const struct metric_desc *d = h->desc;

    for (size_t i = 0; i <= d->bucket_count; i++) {
        buf_reset(&p->more);
        buf_puts(&p->more, "le=\"");
        exposition_bound(&p->more,
                         i < d->bucket_count ? d->buckets[i] : (double)INFINITY);
        buf_putc(&p->more, '"');
        p->line.more = exposition_text(&p->more);
        if (h->exemplars)
            exemplar(p, &h->exemplars[i]);
        sample(p, c, (double)r->counts[i]);
    }
    p->line.more.len = 0;
}

static void suffixed(struct page *p, const char *suffix, const struct child *c, double v)
{
    size_t len = p->name.len;

    name_as(p, suffix);
    sample(p, c, v);
    unname(p, len);
}

static void write_histogram(struct page *p, const struct metric_desc *d, struct child *c)
{
    size_t n = d->bucket_count, len = p->name.len;
    struct histogram *h = child_value(c);
    struct histogram_reading r = {.counts = mem_alloc(n + 1, sizeof(uint64_t))};

    histogram_read(h, &r);
    name_as(p, "_bucket");
    write_buckets(p, c, h, &r);
    unname(p, len);
    /* OpenMetrics forbids a sum where negative values are counted. */
    if (!n || d->buckets[0] >= 0)
        suffixed(p, "_sum", c, r.sum);
    suffixed(p, "_count", c, (double)r.counts[n]);
    free(r.counts);
}

static void write_stateset(struct page *p, const struct metric_desc *d, struct child *c)
{
    const struct stateset *s = child_value(c);
    size_t now = atomic_load_explicit(&s->state, memory_order_relaxed);

    for (size_t i = 0; d->states[i]; i++) {
        buf_reset(&p->more);
        exposition_label(&p->more, d->name, d->states[i]);
        p->line.more = exposition_text(&p->more);
        sample(p, c, i == now);
    }
}

static double number_of(enum metric_type type, const struct child *c)
{
    switch (type) {
    case METRIC_COUNTER:
        return counter_value((const struct counter *)c->value);
    case METRIC_GAUGE:
        return gauge_value((const struct gauge *)c->value);
    default: /* an info */
        return 1;
    }
}

static void write_counter(struct page *p, const struct metric_desc *d, struct child *c)
{
    struct counter *counter = child_value(c);

    if (d->exemplar[0])
        exemplar(p, counter->exemplar);
    sample(p, c, counter_value(counter));
}

static void write_child(struct page *p, const struct metric_desc *d, struct child *c)
{
    switch (d->type) {
    case METRIC_COUNTER:
        write_counter(p, d, c);
        break;
    case METRIC_GAUGE:
    case METRIC_INFO:
        sample(p, c, number_of(d->type, c));
        break;
    case METRIC_HISTOGRAM:
        write_histogram(p, d, c);
        break;
    case METRIC_STATESET:
        write_stateset(p, d, c);
        break;
    }
}

static char *put(char *at, struct exposition_text text)
{
    memcpy(at, text.at, text.len);
    return at + text.len;
}

/* Ask for the memory that the lines after the next few will need: children lie where they
 * were made, and a large page is not in any cache when it is written again. */
static inline void expect(const struct family *f, size_t i, const char *room)
{
    enum { CHILDREN_AHEAD = 24, BYTES_AHEAD = 768, CACHE_LINE = 64 };

    __builtin_prefetch(room + BYTES_AHEAD, 1);
    if (i + CHILDREN_AHEAD < f->count) {
        const char *child = (const char *)f->children[i + CHILDREN_AHEAD];

        __builtin_prefetch(child);
        __builtin_prefetch(child + CACHE_LINE);
    }
}

/* Children of one line each, as nearly all are: what is done here is done for each of a
 * hundred thousand, so a line is name, labels and number and no question asked. */
static void write_lines(struct page *p, const struct family *f)
{
    enum { PUNCTUATION = 3 };
    enum metric_type type = f->desc->type;

    name_as(p, "{");
    for (size_t i = 0; i < f->count; i++) {
        const struct child *c = f->children[i];
        size_t most = p->name.len + c->labels_len + PUNCTUATION + NUMBER_MAX;
        char *room = buf_room(p->out, most), *at = room;

        if (!room)
            return;
        expect(f, i, room);
        at = put(at, p->line.name);
        at = put(at, child_labels(c));
        *at++ = '}';
        *at++ = ' ';
        at += exposition_number(number_of(type, c), at);
        *at++ = '\n';
        buf_grew(p->out, (size_t)(at - room));
    }
}

static bool has_lines(const struct family *f)
{
    const struct metric_desc *d = f->desc;

    return d->type != METRIC_HISTOGRAM && d->type != METRIC_STATESET && !d->exemplar[0] &&
           f->children[0]->labels_len;
}

static void write_family(struct page *p, const struct family *f)
{
    exposition_header(p->out, p->format, f->desc);
    exposition_sample_name(&p->name, f->desc);
    name_as(p, "");
    if (has_lines(f)) {
        write_lines(p, f);
        return;
    }
    for (size_t i = 0; i < f->count; i++)
        write_child(p, f->desc, f->children[i]);
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
        struct page p = {.out = out,
                         .format = e,
                         .name = BUF_INIT(TEXT_MAX),
                         .more = BUF_INIT(TEXT_MAX),
                         .exemplar = BUF_INIT(TEXT_MAX)};

        if (m->families[i]->count)
            write_family(&p, m->families[i]);
        buf_clear(&p.name);
        buf_clear(&p.more);
        buf_clear(&p.exemplar);
    }
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_expose(struct metrics *m, enum exposition e, struct buf *out)
{
    metrics_expose_families(m, e, out);
    exposition_end(e, out);
}

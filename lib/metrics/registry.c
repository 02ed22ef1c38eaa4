/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/descriptor.h"
#include "metrics/values.h"

struct metrics *metrics_new(const struct metric_label *constant, size_t n)
{
    struct metrics *m = mem_alloc(1, sizeof(*m));

    (void)pthread_mutex_init(&m->lock, NULL);
    buf_init(&m->constant, FAMILY_LABELS_MAX);
    m->constant_labels = mem_alloc(n, sizeof(*m->constant_labels));
    m->constant_count = n;
    for (size_t i = 0; i < n; i++) {
        m->constant_labels[i].name = mem_strdup(constant[i].name);
        m->constant_labels[i].value = mem_strdup(constant[i].value);
        if (i)
            buf_putc(&m->constant, ',');
        exposition_label(&m->constant, constant[i].name, constant[i].value);
    }
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->family_count; i++)
        family_free(m->families[i]);
    free(m->families);
    for (size_t i = 0; i < m->constant_count; i++) {
        free((void *)(uintptr_t)m->constant_labels[i].name);
        free((void *)(uintptr_t)m->constant_labels[i].value);
    }
    free(m->constant_labels);
    buf_clear(&m->constant);
    free(m->refreshes);
    for (size_t i = 0; i < m->owned_count; i++)
        free(m->owned[i]);
    free(m->owned);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

void metrics_own(struct metrics *m, void *p)
{
    m->owned = mem_resize(m->owned, m->owned_count + 1, sizeof(*m->owned));
    m->owned[m->owned_count++] = p;
}

static struct family *family_of(struct metrics *m, const struct metric_desc *d)
{
    for (size_t i = 0; i < m->family_count; i++)
        if (m->families[i]->desc == d)
            return m->families[i];
    metric_desc_check(d, m->constant_labels, m->constant_count);
    for (size_t i = 0; i < m->family_count; i++)
        assert(strcmp(m->families[i]->desc->name, d->name) != 0 && "two descriptors");
    m->families = mem_resize(m->families, m->family_count + 1, sizeof(struct family *));
    m->families[m->family_count] = family_new(d);
    return m->families[m->family_count++];
}

static void labels_text(const struct metrics *m, const struct family *f,
                        const char *const *values, struct buf *out)
{
    if (!f->desc->no_constant_labels)
        buf_add(out, buf_str(&m->constant), m->constant.len);
    for (size_t i = 0; i < f->label_count; i++) {
        if (out->len)
            buf_putc(out, ',');
        exposition_label(out, f->desc->labels[i], values[i]);
    }
    assert(buf_ok(out));
}

static struct child *child_get(struct metrics *m, const struct metric_desc *d,
                               enum metric_type type, const char *const *values)
{
    CLEANUP(buf_clear)
    struct buf labels = BUF_INIT(FAMILY_LABELS_MAX);
    struct family *f;
    struct child *c;

    assert(d->type == type);
    (void)pthread_mutex_lock(&m->lock);
    f = family_of(m, d);
    labels_text(m, f, values, &labels);
    c = family_child(f, exposition_text(&labels));
    (void)pthread_mutex_unlock(&m->lock);
    return c;
}

struct counter *metrics_counter(struct metrics *m, const struct metric_desc *d,
                                const char *const *values)
{
    return child_value(child_get(m, d, METRIC_COUNTER, values));
}

struct gauge *metrics_gauge(struct metrics *m, const struct metric_desc *d,
                            const char *const *values)
{
    return child_value(child_get(m, d, METRIC_GAUGE, values));
}

struct histogram *metrics_histogram(struct metrics *m, const struct metric_desc *d,
                                    const char *const *values)
{
    return child_value(child_get(m, d, METRIC_HISTOGRAM, values));
}

struct stateset *metrics_stateset(struct metrics *m, const struct metric_desc *d,
                                  const char *const *values)
{
    return child_value(child_get(m, d, METRIC_STATESET, values));
}

void metrics_info(struct metrics *m, const struct metric_desc *d,
                  const char *const *values)
{
    (void)child_get(m, d, METRIC_INFO, values);
}

void metrics_remove(struct metrics *m, const struct metric_desc *d,
                    const char *const *values)
{
    bool constant = !d->no_constant_labels && m->constant.len;

    (void)pthread_mutex_lock(&m->lock);
    family_remove(family_of(m, d), constant ? m->constant.len + 1 : 0, values);
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_on_expose(struct metrics *m, metrics_refresh_fn *fn, void *arg)
{
    (void)pthread_mutex_lock(&m->lock);
    m->refreshes = mem_resize(m->refreshes, m->refresh_count + 1, sizeof(struct refresh));
    m->refreshes[m->refresh_count++] = (struct refresh){.fn = fn, .arg = arg};
    (void)pthread_mutex_unlock(&m->lock);
}

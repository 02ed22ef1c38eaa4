/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/registry.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "metrics/exposition.h"

/* A label set is bounded so that a hostile value cannot grow a page without end. */
enum { LABELS_MAX_BYTES = 64 * 1024, FIRST_SLOTS = 16 };

struct metrics *metrics_new(const struct metric_label *constant, size_t n)
{
    struct metrics *m = mem_alloc(1, sizeof(*m));

    (void)pthread_mutex_init(&m->lock, NULL);
    buf_init(&m->constant, LABELS_MAX_BYTES);
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

static void family_free(struct family *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->children[i]);
    free(f->children);
    free(f->slots);
    free(f);
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

size_t metric_label_count(const struct metric_desc *d)
{
    size_t n = 0;

    while (n < METRIC_LABELS_MAX && d->labels[n])
        n++;
    return n;
}

/* ---- a descriptor is checked once, when it is first used: what fails here is a bug ----
 */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), e = strlen(end);

    return n >= e && !strcmp(text + n - e, end);
}

static bool is_name(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static bool label_is_free(const struct metrics *m, const struct metric_desc *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(d->labels[i], d->labels[n]))
            return false;
    for (size_t i = 0; !d->no_constant_labels && i < m->constant_count; i++)
        if (!strcmp(m->constant_labels[i].name, d->labels[n]))
            return false;
    return is_name(d->labels[n]) && strcmp(d->labels[n], "le") != 0 &&
           !text_starts_with(d->labels[n], "__"); /* Prometheus' own */
}

static bool exemplars_fit(const struct metric_desc *d)
{
    if (d->exemplar[0] && d->type != METRIC_COUNTER && d->type != METRIC_HISTOGRAM)
        return false;
    for (size_t i = 0; i < METRIC_EXEMPLAR_LABELS && d->exemplar[i]; i++) {
        if (!is_name(d->exemplar[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(d->exemplar[i], d->exemplar[k]))
                return false;
    }
    return true;
}

static bool unit_fits(const struct metric_desc *d)
{
    size_t name = strlen(d->name), unit = d->unit ? strlen(d->unit) : 0;

    if (!d->unit)
        return true;
    return d->type != METRIC_INFO && d->type != METRIC_STATESET && name > unit + 1 &&
           d->name[name - unit - 1] == '_' && ends_with(d->name, d->unit);
}

static void check_descriptor(const struct metrics *m, const struct metric_desc *d)
{
    static const char *const reserved[] = {"_total",  "_count", "_sum",
                                           "_bucket", "_info",  "_created"};

    assert(is_name(d->name) && "a metric name of letters, digits and underscores");
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        assert(!ends_with(d->name, reserved[i]) && "the type adds its own suffix");
    assert(d->help && *d->help);
    assert(unit_fits(d) && "the unit is the last part of the name");
    for (size_t i = 0; i < metric_label_count(d); i++)
        assert(label_is_free(m, d, i) && "label names are legal and differ");
    assert(exemplars_fit(d) && "only counts have exemplars; their labels differ");
    assert((d->type == METRIC_STATESET) == (d->states != NULL));
    for (size_t i = 0; i < d->bucket_count; i++)
        assert(isfinite(d->buckets[i]) && (!i || d->buckets[i - 1] < d->buckets[i]) &&
               "bounds rise; +Inf is added");
    for (size_t i = 0; i < m->family_count; i++)
        assert(strcmp(m->families[i]->desc->name, d->name) != 0 && "two descriptors");
}

static struct family *family_get(struct metrics *m, const struct metric_desc *d)
{
    struct family *f;

    for (size_t i = 0; i < m->family_count; i++)
        if (m->families[i]->desc == d)
            return m->families[i];
    check_descriptor(m, d);
    f = mem_alloc(1, sizeof(*f));
    f->desc = d;
    f->label_count = metric_label_count(d);
    m->families = mem_resize(m->families, m->family_count + 1, sizeof(struct family *));
    m->families[m->family_count++] = f;
    return f;
}

/* ---- children ------------------------------------------------------------------------
 */

static uint64_t hash_of(const char *bytes, size_t n)
{
    uint64_t h = 14695981039346656037ULL; /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * 1099511628211ULL;
    return h ^ h >> 32;
}

static void slot_put(struct family *f, struct child *c)
{
    size_t i = c->hash & (f->slot_count - 1);

    while (f->slots[i])
        i = (i + 1) & (f->slot_count - 1);
    f->slots[i] = c;
}

/* Lay the slots out anew for what children there are, at most half full. */
static void rehash(struct family *f)
{
    size_t want = f->slot_count ? f->slot_count : FIRST_SLOTS;

    while (want < 2 * (f->count + 1))
        want *= 2;
    free(f->slots);
    f->slots = mem_alloc(want, sizeof(struct child *));
    f->slot_count = want;
    for (size_t i = 0; i < f->count; i++)
        slot_put(f, f->children[i]);
}

static struct child *child_find(const struct family *f, const struct buf *labels,
                                uint64_t hash)
{
    if (!f->slot_count)
        return NULL;
    for (size_t i = hash & (f->slot_count - 1); f->slots[i];
         i = (i + 1) & (f->slot_count - 1)) {
        struct child *c = f->slots[i];

        if (c->hash == hash && c->labels_len == labels->len &&
            !memcmp(child_labels(c), buf_str(labels), labels->len))
            return c;
    }
    return NULL;
}

static size_t value_bytes(const struct metric_desc *d)
{
    switch (d->type) {
    case METRIC_COUNTER:
        return sizeof(struct counter) + exemplar_bytes(d, 1);
    case METRIC_GAUGE:
        return sizeof(struct gauge);
    case METRIC_STATESET:
        return sizeof(struct stateset);
    case METRIC_HISTOGRAM:
        return histogram_bytes(d);
    case METRIC_INFO:
        break;
    }
    return 0;
}

static struct child *child_new(const struct family *f, const char *const *values,
                               const struct buf *labels)
{
    size_t value = value_bytes(f->desc), text = labels->len + 1;
    struct child *c;
    char *at;

    for (size_t i = 0; i < f->label_count; i++)
        text += strlen(values[i]) + 1;
    c = mem_alloc(1, sizeof(*c) + value + text);
    c->value_bytes = (uint32_t)value;
    c->labels_len = (uint32_t)labels->len;
    if (f->desc->type == METRIC_HISTOGRAM)
        histogram_init(child_value(c), f->desc);
    else if (f->desc->type == METRIC_COUNTER && f->desc->exemplar[0])
        exemplar_init(((struct counter *)child_value(c))->exemplar, f->desc);
    at = (char *)c->value + value;
    memcpy(at, buf_str(labels), labels->len + 1);
    at += labels->len + 1;
    for (size_t i = 0; i < f->label_count; i++) {
        size_t n = strlen(values[i]) + 1;

        memcpy(at, values[i], n);
        at += n;
    }
    return c;
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
    struct buf labels = BUF_INIT(LABELS_MAX_BYTES * (METRIC_LABELS_MAX + 1));
    struct family *f;
    struct child *c;
    uint64_t hash;

    assert(d->type == type);
    (void)pthread_mutex_lock(&m->lock);
    f = family_get(m, d);
    labels_text(m, f, values, &labels);
    hash = hash_of(buf_str(&labels), labels.len);
    c = child_find(f, &labels, hash);
    if (!c) {
        c = child_new(f, values, &labels);
        c->hash = hash;
        if (f->count == f->capacity) {
            f->capacity = f->capacity ? 2 * f->capacity : 4;
            f->children = mem_resize(f->children, f->capacity, sizeof(struct child *));
        }
        f->children[f->count++] = c;
        if (2 * f->count > f->slot_count)
            rehash(f);
        else
            slot_put(f, c);
    }
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

static bool matches(const struct family *f, const struct child *c,
                    const char *const *values)
{
    const char *own = child_label_values(c);

    for (size_t i = 0; i < f->label_count; i++) {
        if (values[i] && strcmp(values[i], own) != 0)
            return false;
        own += strlen(own) + 1;
    }
    return true;
}

void metrics_remove(struct metrics *m, const struct metric_desc *d,
                    const char *const *values)
{
    struct family *f;
    size_t kept = 0;

    (void)pthread_mutex_lock(&m->lock);
    f = family_get(m, d);
    for (size_t i = 0; i < f->count; i++)
        if (matches(f, f->children[i], values))
            free(f->children[i]);
        else
            f->children[kept++] = f->children[i];
    if (kept < f->count) {
        f->count = kept;
        rehash(f);
    }
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_on_expose(struct metrics *m, metrics_refresh_fn *fn, void *arg)
{
    (void)pthread_mutex_lock(&m->lock);
    m->refreshes = mem_resize(m->refreshes, m->refresh_count + 1, sizeof(struct refresh));
    m->refreshes[m->refresh_count++] = (struct refresh){.fn = fn, .arg = arg};
    (void)pthread_mutex_unlock(&m->lock);
}

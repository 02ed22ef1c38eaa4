/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/family.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "metrics/descriptor.h"
#include "metrics/values.h"

enum { FIRST_SLOTS = 16, FIRST_CHILDREN = 4 };

struct family *family_new(const struct metric_desc *d)
{
    struct family *f = mem_alloc(1, sizeof(*f));

    f->desc = d;
    f->label_count = metric_label_count(d);
    return f;
}

void family_free(struct family *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->children[i]);
    free(f->children);
    free(f->slots);
    free(f);
}

/* ---- finding -------------------------------------------------------------------------
 */

static uint64_t hash_of(struct exposition_text text)
{
    uint64_t h = hash_bytes(HASH_SEED, text.at, text.len);

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

static struct child *find(const struct family *f, struct exposition_text labels,
                          uint64_t hash)
{
    if (!f->slot_count)
        return NULL;
    for (size_t i = hash & (f->slot_count - 1); f->slots[i];
         i = (i + 1) & (f->slot_count - 1)) {
        struct child *c = f->slots[i];

        if (c->hash == hash && c->labels_len == labels.len &&
            !memcmp(child_labels(c).at, labels.at, labels.len))
            return c;
    }
    return NULL;
}

/* ---- making --------------------------------------------------------------------------
 */

static size_t value_bytes(const struct metric_desc *d)
{
    size_t stripes = d->striped ? stripes_bytes(sizeof(struct number_stripe)) : 0;

    switch (d->type) {
    case METRIC_COUNTER:
        return sizeof(struct counter) + exemplar_bytes(d, 1) + stripes;
    case METRIC_GAUGE:
        return sizeof(struct gauge) + stripes;
    case METRIC_STATESET:
        return sizeof(struct stateset);
    case METRIC_HISTOGRAM:
        return histogram_bytes(d);
    case METRIC_INFO:
        break;
    }
    return 0;
}

static struct child *child_new(const struct metric_desc *d, struct exposition_text labels,
                               uint64_t hash)
{
    size_t value = value_bytes(d);
    struct child *c = mem_alloc(1, sizeof(*c) + value + labels.len + 1);

    c->hash = hash;
    c->value_bytes = (uint32_t)value;
    c->labels_len = (uint32_t)labels.len & INT32_MAX; /* see FAMILY_LABELS_MAX */
    c->striped = d->striped && d->type != METRIC_HISTOGRAM;
    memcpy((char *)c->value + value, labels.at, labels.len);
    if (d->type == METRIC_HISTOGRAM)
        histogram_init(child_value(c), d);
    else if (d->type == METRIC_COUNTER && d->exemplar[0])
        exemplar_init(((struct counter *)child_value(c))->exemplar, d);
    return c;
}

struct child *family_child(struct family *f, struct exposition_text labels)
{
    uint64_t hash = hash_of(labels);
    struct child *c = find(f, labels, hash);

    if (c)
        return c;
    c = child_new(f->desc, labels, hash);
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : FIRST_CHILDREN;
        f->children = mem_resize(f->children, f->capacity, sizeof(struct child *));
    }
    f->children[f->count++] = c;
    if (2 * f->count > f->slot_count)
        rehash(f);
    else
        slot_put(f, c);
    return c;
}

/* ---- removing ------------------------------------------------------------------------
 */

/* What a child's label has to look like: name="value", or name=" where any value will do,
 * as on a page, so that no child has to keep its values beside its labels. */
struct wanted {
    struct buf label;
    bool any;
};

static void wanted_init(struct wanted *w, const char *name, const char *value)
{
    w->any = !value;
    buf_init(&w->label, FAMILY_LABELS_MAX);
    exposition_label(&w->label, name, value ? value : "");
    if (w->any)
        buf_cut(&w->label, w->label.len - 1);
}

static bool matches(const char *labels, const struct wanted *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strncmp(labels, buf_str(&wanted[i].label), wanted[i].label.len) != 0)
            return false;
        labels += wanted[i].label.len;
        if (wanted[i].any) {
            while (*labels != '"')
                labels += *labels == '\\' ? 2 : 1;
            labels++;
        }
        labels++; /* the comma */
    }
    return true;
}

void family_remove(struct family *f, size_t skip, const char *const *values)
{
    struct wanted wanted[METRIC_LABELS_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < f->label_count; i++)
        wanted_init(&wanted[i], f->desc->labels[i], values[i]);
    for (size_t i = 0; i < f->count; i++)
        if (matches(child_labels(f->children[i]).at + skip, wanted, f->label_count))
            free(f->children[i]);
        else
            f->children[kept++] = f->children[i];
    for (size_t i = 0; i < f->label_count; i++)
        buf_clear(&wanted[i].label);
    if (kept < f->count) {
        f->count = kept;
        rehash(f);
    }
}

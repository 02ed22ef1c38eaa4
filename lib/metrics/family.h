/* SPDX-License-Identifier: Apache-2.0 */
/* family.h - the children of a family, found by their labels. For lib/metrics only; the
 * registry's lock is over all of it. */
#ifndef METRICS_FAMILY_H
#define METRICS_FAMILY_H

#include "metrics/exposition.h"
#include "metrics/values.h"

/* A label set is bounded so that a hostile value cannot grow a page without end. */
enum { FAMILY_LABELS_MAX = 512 * 1024 };

/* One set of label values of a family, in one piece of memory, because there are many.
 * The value, as large as its type, is followed by the labels: the text between the
 * braces, ready to be copied into a page, which is also the key. It ends with NUL. */
struct child {
    uint64_t hash;
    uint32_t value_bytes;
    uint32_t labels_len : 31;
    uint32_t striped : 1; /* a counter or gauge whose value ends with stripes */
    uint64_t value[];     /* struct counter, gauge, ...; of an info nothing */
};

static inline void *child_value(struct child *c)
{
    return c->value;
}

/* The child that a value is part of. */
static inline const struct child *child_of(const void *value)
{
    return (const struct child *)((const char *)value - offsetof(struct child, value));
}

static inline struct number_stripe *child_stripes(const struct child *c)
{
    return stripes_within((const char *)c->value + c->value_bytes -
                          stripes_bytes(sizeof(struct number_stripe)));
}

static inline struct exposition_text child_labels(const struct child *c)
{
    return (struct exposition_text){(const char *)c->value + c->value_bytes,
                                    c->labels_len};
}

struct family {
    const struct metric_desc *desc;
    size_t label_count;
    struct child **children; /* in the order they were made */
    size_t count, capacity;
    struct child **slots; /* open addressing by hash; a power of two */
    size_t slot_count;
};

struct family *family_new(const struct metric_desc *d);
void family_free(struct family *f);

/* The child with these labels, made at zero when there is none. */
struct child *family_child(struct family *f, struct exposition_text labels);

/* Free the children whose values equal the given ones; a NULL entry matches all. What the
 * labels of each begin with (the registry's constant ones) is so many bytes long. */
void family_remove(struct family *f, size_t skip, const char *const *values);

#endif

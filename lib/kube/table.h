/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - what is known of each object, found by "namespace/name". */
#ifndef KUBE_TABLE_H
#define KUBE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Does nothing for NULL. */
typedef void kube_table_free_fn(void *value);

struct kube_table {
    struct kube_table_entry **buckets;
    size_t bucket_count, count;
    kube_table_free_fn *free_value; /* or NULL: the values belong to somebody else */
};

/* clang-format off */
#define KUBE_TABLE_INIT(free_fn) {.buckets = NULL, .free_value = (free_fn)}
/* clang-format on */

void kube_table_clear(struct kube_table *t);

/* The value, or NULL. */
void *kube_table_get(const struct kube_table *t, const char *key);
/* Add or replace; takes the value, which is not NULL. */
void kube_table_put(struct kube_table *t, const char *key, void *value);
void kube_table_remove(struct kube_table *t, const char *key);

/* Call for each entry, in no order, and remove those for which it returns false. It must
 * not touch the table. */
typedef bool kube_table_keep_fn(void *arg, const char *key, void *value);
void kube_table_sweep(struct kube_table *t, kube_table_keep_fn *keep, void *arg);

#endif

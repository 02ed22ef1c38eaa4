/* SPDX-License-Identifier: Apache-2.0 */
/* kube_versions.h - whose was that change? The resourceVersions of an object that its
 * listener knows, and those that our own writes made since. Pure.
 *
 * A write carries the newest of them as its condition, so nobody else's version can lie
 * between two of ours.
 */
#ifndef STORE_KUBE_VERSIONS_H
#define STORE_KUBE_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { OWN_VERSIONS_MAX = 4 };

struct kube_versions {
    char *told;                  /* what the listener has; NULL: nothing */
    char *own[OWN_VERSIONS_MAX]; /* since then, oldest first */
    size_t own_count;
};

void kube_versions_clear(struct kube_versions *v);

/* The object was seen at this version: true when that is news to its listener, who knows
 * it afterwards. */
bool kube_versions_see(struct kube_versions *v, const char *version);

/* The version that a writer who knows `known` has to name, or NULL when it was overtaken.
 * Borrowed. */
const char *kube_versions_newest(const struct kube_versions *v, const char *known);

/* A write on the condition of `before` made `after`. False when that is history: another
 * version was seen while its answer was on the way, and what that answer says of the
 * object holds no more. */
bool kube_versions_wrote(struct kube_versions *v, const char *before, const char *after);

#endif

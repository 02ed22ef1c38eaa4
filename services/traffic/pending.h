/* SPDX-License-Identifier: Apache-2.0 */
/* pending.h - predictions whose true label is known and told later: first in, first out,
 * for all wait equally long.
 */
#ifndef TRAFFIC_PENDING_H
#define TRAFFIC_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PENDING_MAX = 500000 };

struct pending_item {
    int64_t due_ns;
    char *id;          /* of the queue until taken */
    const char *label; /* borrowed */
};

struct pending {
    struct pending_item *items; /* a ring */
    size_t first, count, room;
};

/* False when PENDING_MAX wait already. The id is copied. */
bool pending_add(struct pending *p, int64_t due_ns, const char *id, const char *label);

/* When the first is due; INT64_MAX when none waits. */
int64_t pending_due_ns(const struct pending *p);

/* Take the first, which must exist; its id is the caller's (free()). */
struct pending_item pending_take(struct pending *p);

void pending_clear(struct pending *p);

#endif

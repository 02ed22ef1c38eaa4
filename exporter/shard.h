/* SPDX-License-Identifier: Apache-2.0 */
/* shard.h - which of several exporters publishes an object. */
#ifndef EXPORTER_SHARD_H
#define EXPORTER_SHARD_H

#include <stdbool.h>
#include <stdint.h>

struct shard {
    int64_t number; /* from 0 */
    int64_t total;
};

/* Every object belongs to exactly one of the `total` shards, by its name, which, unlike
 * its uid, every store has. */
bool shard_has(const struct shard *s, const char *namespace, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/shard.h"

#include <stddef.h>

/* Part of the contract between exporters of different versions: FNV-1a, then mixed so
 * that the low bits are good, of "namespace/name". */
static uint64_t hash_of(const char *namespace, const char *name)
{
    const char *const parts[] = {namespace, "/", name};
    uint64_t h = 14695981039346656037ULL;

    for (size_t i = 0; i < 3; i++)
        for (const char *p = parts[i]; *p; p++)
            h = (h ^ (unsigned char)*p) * 1099511628211ULL;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    return h ^ h >> 33;
}

bool shard_has(const struct shard *s, const char *namespace, const char *name)
{
    return s->total <= 1 ||
           hash_of(namespace, name) % (uint64_t)s->total == (uint64_t)s->number;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/shard.h"

#include "base/hash.h"

/* Part of the contract between exporters of different versions: the hash of
 * "namespace/name", then mixed (the end of MurmurHash3) so that the low bits are good. */
static uint64_t hash_of(const char *namespace, const char *name)
{
    uint64_t h = hash_text(hash_text(hash_text(HASH_SEED, namespace), "/"), name);

    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    return h ^ h >> 33;
}

bool shard_has(const struct shard *s, const char *namespace, const char *name)
{
    return s->total <= 1 ||
           hash_of(namespace, name) % (uint64_t)s->total == (uint64_t)s->number;
}

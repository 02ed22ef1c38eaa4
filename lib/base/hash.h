/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - FNV-1a, 64 bits (Fowler, Noll and Vo, 1991): a number that tells texts apart,
 * and spreads them over the places of a table. Against accidents, not against somebody
 * who picks the texts.
 *
 * Its values are kept: they stand in journals, and decide which exporter publishes an
 * object. A test holds them to the published ones.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SEED UINT64_C(14695981039346656037) /* of the first piece */

/* The hash of several pieces in a row is that of the last, seeded with that of those
 * before it. */
static inline uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < n; i++)
        seed = (seed ^ at[i]) * UINT64_C(1099511628211);
    return seed;
}

/* The same of a string, without its NUL. */
static inline uint64_t hash_text(uint64_t seed, const char *s)
{
    for (; *s; s++)
        seed = (seed ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return seed;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

struct random random_stream(uint64_t seed, uint64_t number)
{
    struct random r = {seed};

    r.state = random_next(&r) ^ number;
    r.state = random_next(&r);
    return r;
}

/* Draws that would favour small numbers are thrown away. */
size_t random_below(struct random *r, size_t n)
{
    uint64_t fair = UINT64_MAX - UINT64_MAX % n;
    uint64_t v;

    do
        v = random_next(r);
    while (v >= fair);
    return (size_t)(v % n);
}

double random_unit(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

void random_shuffle(struct random *r, size_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below(r, i);
        size_t kept = items[i - 1];

        items[i - 1] = items[j];
        items[j] = kept;
    }
}

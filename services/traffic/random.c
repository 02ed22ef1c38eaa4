/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/random.h"

#include <math.h>

uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *r, uint64_t n)
{
    uint64_t surplus = -n % n; /* 2^64 mod n: so many values would come once too often */
    uint64_t v;

    do
        v = random_next(r);
    while (v < surplus);
    return v % n;
}

double random_unit(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

double random_gap(struct random *r)
{
    return -log1p(-random_unit(r));
}

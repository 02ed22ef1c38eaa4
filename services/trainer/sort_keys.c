/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/sort_keys.h"

enum { SMALL = 16 };

static void insertion(uint64_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t at = i;

        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
    if (a > b) {
        uint64_t kept = a;

        a = b;
        b = kept;
    }
    return c <= a ? a : c >= b ? b : c;
}

/* Quicksort after Hoare, which copes well with many equal keys; the longer side is looped
 * over and only the shorter recursed into, so the stack stays logarithmic. */
void sort_keys(uint64_t *keys, size_t n)
{
    while (n > SMALL) {
        uint64_t pivot = median(keys[0], keys[n / 2], keys[n - 1]);
        uint64_t *low = keys;
        uint64_t *high = keys + n - 1;

        for (;; low++, high--) {
            uint64_t kept;

            while (*low < pivot)
                low++;
            while (*high > pivot)
                high--;
            if (low >= high)
                break;
            kept = *low;
            *low = *high;
            *high = kept;
        }
        /* Below `low` nothing is larger than the pivot, from it on nothing smaller. */
        if ((size_t)(low - keys) < n / 2) {
            sort_keys(keys, (size_t)(low - keys));
            n -= (size_t)(low - keys);
            keys = low;
        } else {
            sort_keys(low, n - (size_t)(low - keys));
            n = (size_t)(low - keys);
        }
    }
    insertion(keys, n);
}

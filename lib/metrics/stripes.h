/* SPDX-License-Identifier: Apache-2.0 */
/* stripes.h - numbers that many threads add to, many times a millisecond. For lib/metrics
 * only.
 *
 * A number that two threads write is handed from core to core, which takes longer than
 * what is counted may take. A striped one is the sum of several, each in a line of memory
 * of its own. A thread has one stripe, the same in all numbers, for as long as it lives,
 * so that it can be written without a locked instruction; the first is shared by the
 * threads that find all others taken.
 */
#ifndef METRICS_STRIPES_H
#define METRICS_STRIPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STRIPES = 8, STRIPE_SHARED = 0, STRIPE_NONE = STRIPES, STRIPE_ALIGN = 64 };

extern _Thread_local unsigned stripe_own; /* STRIPE_NONE: not asked for yet */
unsigned stripe_take(void);

/* That of this thread: STRIPE_SHARED, or one that no other thread writes. */
static inline unsigned stripe_mine(void)
{
    return stripe_own == STRIPE_NONE ? stripe_take() : stripe_own;
}

/* Memory for all stripes of so many bytes each, wherever it begins, and their first. */
static inline size_t stripes_bytes(size_t each)
{
    return STRIPES * each + STRIPE_ALIGN - 1;
}
static inline void *stripes_within(const void *memory)
{
    return (void *)(((uintptr_t)memory + STRIPE_ALIGN - 1) / STRIPE_ALIGN * STRIPE_ALIGN);
}

/* Add to a number that this thread writes alone, or that others write as well. */
static inline void stripe_add(_Atomic uint64_t *n, uint64_t v, bool alone,
                              memory_order order)
{
    if (alone)
        atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + v,
                              order);
    else
        (void)atomic_fetch_add_explicit(n, v, order);
}

#endif

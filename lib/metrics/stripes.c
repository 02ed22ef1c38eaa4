/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stripes.h"

#include <pthread.h>

_Thread_local unsigned stripe_own = STRIPE_NONE;

static _Atomic unsigned taken = 1U << STRIPE_SHARED; /* a bit for each */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;

/* Release: what this thread counted is there for the one that counts on. */
static void give_back(void *arg)
{
    unsigned bit = 1U << stripe_own;

    (void)arg;
    stripe_own = STRIPE_SHARED; /* should something still be counted */
    (void)atomic_fetch_and_explicit(&taken, ~bit, memory_order_release);
}

static void make_key(void)
{
    if (pthread_key_create(&at_exit, give_back))
        atomic_store(&taken, (1U << STRIPES) - 1); /* then all share the first */
}

unsigned stripe_take(void)
{
    unsigned now;

    (void)pthread_once(&once, make_key);
    now = atomic_load_explicit(&taken, memory_order_relaxed);
    do {
        stripe_own = STRIPE_SHARED;
        while (stripe_own < STRIPES && now & 1U << stripe_own)
            stripe_own++;
        if (stripe_own == STRIPES)
            return stripe_own = STRIPE_SHARED;
    } while (!atomic_compare_exchange_weak_explicit(&taken, &now, now | 1U << stripe_own,
                                                    memory_order_acquire,
                                                    memory_order_relaxed));
    (void)pthread_setspecific(at_exit, &taken); /* anything but NULL: give_back() runs */
    return stripe_own;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/meanwhile.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"

enum { TRIES = 50 };
static const double small_share = 0.25;

struct beside {
    meanwhile_fn *quick;
    void *arg;
    atomic_bool running, over;
    int64_t longest_ns;
};

static void *run_quick(void *arg)
{
    struct beside *b = arg;

    while (!atomic_load(&b->over)) {
        int64_t start_ns = clock_mono_ns(), took_ns;

        b->quick(b->arg);
        took_ns = clock_mono_ns() - start_ns;
        if (took_ns > b->longest_ns)
            b->longest_ns = took_ns;
        atomic_store(&b->running, true);
    }
    return NULL;
}

double meanwhile_longest(meanwhile_fn *slow, meanwhile_fn *quick, void *arg)
{
    struct beside b = {.quick = quick, .arg = arg};
    int64_t start_ns, took_ns;
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_quick, &b) != 0)
        abort();
    while (!atomic_load(&b.running))
        ;
    start_ns = clock_mono_ns();
    slow(arg);
    took_ns = clock_mono_ns() - start_ns;
    atomic_store(&b.over, true);
    (void)pthread_join(thread, NULL);
    return (double)b.longest_ns / (double)took_ns;
}

bool meanwhile_goes_on(meanwhile_fn *slow, meanwhile_fn *quick, void *arg)
{
    for (int i = 0; i < TRIES; i++)
        if (meanwhile_longest(slow, quick, arg) < small_share)
            return true;
    return false;
}

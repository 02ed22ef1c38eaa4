/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct stop {
    int fd; /* written once, never read: readable for ever after */
    atomic_bool requested;
};

struct stop *stop_new(void)
{
    struct stop *s = mem_alloc(1, sizeof(*s));

    s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(s->fd >= 0);
    return s;
}

void stop_free(struct stop *s)
{
    if (!s)
        return;
    (void)close(s->fd);
    free(s);
}

void stop_request(struct stop *s)
{
    uint64_t one = 1;

    atomic_store(&s->requested, true);
    (void)!write(s->fd, &one, sizeof(one));
}

bool stop_requested(const struct stop *s)
{
    return atomic_load(&s->requested);
}

int stop_fd(const struct stop *s)
{
    return s->fd;
}

bool stop_wait_ms(struct stop *s, int64_t ms)
{
    int64_t deadline = clock_mono_ms() + ms;

    for (;;) {
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        int64_t left = deadline - clock_mono_ms();

        if (stop_requested(s))
            return true;
        if (left <= 0)
            return false;
        (void)poll(&p, 1, left > 60000 ? 60000 : (int)left);
    }
}

static sigset_t our_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        (void)sigaddset(&set, numbers[i]);
    return set;
}

void stop_block_signals(void)
{
    sigset_t set = our_signals();

    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int stop_wait_signal(int64_t ms)
{
    sigset_t set = our_signals();
    struct timespec limit = clock_timespec(ms);

    for (;;) {
        int n = ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &limit);

        if (n > 0)
            return n;
        if (errno != EINTR)
            return 0;
    }
}

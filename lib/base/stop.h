/* SPDX-License-Identifier: Apache-2.0 */
/* stop.h - "please stop": asked for once, from any thread, waking whoever sleeps on it.
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct stop;

struct stop *stop_new(void);
void stop_free(struct stop *s);

void stop_request(struct stop *s);
bool stop_requested(const struct stop *s);

/* Sleep until asked to stop or until the time is over; true when asked to stop. */
bool stop_wait_ms(struct stop *s, int64_t ms);

/* A descriptor that is readable once asked to stop: for poll() beside others. */
int stop_fd(const struct stop *s);

/* Block SIGINT, SIGTERM, SIGHUP, SIGUSR1 in this thread and all it starts, and ignore
 * SIGPIPE. Call first in main(). */
void stop_block_signals(void);

/* Wait for one of them; returns its number, or 0 when the time is over (ms < 0: for
 * ever). For main() only. */
int stop_wait_signal(int64_t ms);

#endif

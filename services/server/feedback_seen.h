/* SPDX-License-Identifier: Apache-2.0 */
/* feedback_seen.h - which predictions have had their feedback: each counts once.
 *
 * Memory is fixed. Two rules keep "once" true within it: an id older than the time to
 * live is refused, so that it need not be remembered; and when the set is full, the
 * oldest entry makes room and everything issued up to its time is refused from then on.
 * Under a flood, late feedback is lost rather than counted twice.
 *
 * The set is of one process: a repeat that reaches another replica is not noticed there.
 */
#ifndef SERVER_FEEDBACK_SEEN_H
#define SERVER_FEEDBACK_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct feedback_seen;

enum seen { SEEN_FIRST, SEEN_REPEATED, SEEN_EXPIRED };

struct feedback_seen *feedback_seen_new(size_t capacity, int64_t ttl_ms);
void feedback_seen_free(struct feedback_seen *s);
DEFINE_FREEP(struct feedback_seen *, feedback_seen_free)

/* Remember the id, unless it is a repeat or too old. From any thread. */
enum seen feedback_seen_add(struct feedback_seen *s, uint64_t unique, int64_t issued_ms,
                            int64_t now_ms);

#endif

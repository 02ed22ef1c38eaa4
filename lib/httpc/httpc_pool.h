/* SPDX-License-Identifier: Apache-2.0 */
/* httpc_pool.h - many HTTP requests at once, driven by one thread.
 *
 * Start requests, then run the pool: it moves them along and calls back as each ends.
 * Connections are kept and used again. Each request in flight has one of its own, so the
 * limit on requests is also that on connections.
 */
#ifndef HTTPC_HTTPC_POOL_H
#define HTTPC_HTTPC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpc/httpc.h"

struct httpc_pool;

/* Answers whose body is larger than max_body fail with ERR_TOO_BIG. */
struct httpc_pool *httpc_pool_new(size_t max_in_flight, size_t max_body);

/* What is in flight is dropped, without a call back. */
void httpc_pool_free(struct httpc_pool *p);
DEFINE_FREEP(struct httpc_pool *, httpc_pool_free)

/* resp is NULL when there was no answer; err says why, with the kinds of httpc_call().
 * Both are valid during the call. It may start requests: its own place is still taken. */
typedef void httpc_done_fn(void *arg, const struct httpc_response *resp,
                           const struct error *err);

size_t httpc_pool_in_flight(const struct httpc_pool *p);
bool httpc_pool_full(const struct httpc_pool *p);

/* The pool must not be full. The request is copied, but for the method. done is called
 * once, from httpc_pool_run(), unless this fails (ERR_INVALID: not a URL). */
bool httpc_pool_start(struct httpc_pool *p, const struct httpc_request *req,
                      httpc_done_fn *done, void *arg, struct error *err);

/* Move everything along until the monotonic time until_ns, to some 0.1 ms; returns
 * earlier when a request ended or wake_fd (-1: none), such as a stop's, is readable. */
void httpc_pool_run(struct httpc_pool *p, int64_t until_ns, int wake_fd);

#endif

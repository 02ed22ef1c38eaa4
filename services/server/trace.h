/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - the trace that a request belongs to, from its header traceparent: W3C Trace
 * Context, https://www.w3.org/TR/trace-context/#traceparent-header.
 */
#ifndef SERVER_TRACE_H
#define SERVER_TRACE_H

#include <stdbool.h>

enum { TRACE_ID_LENGTH = 32 };

/* Read a header's value. False when it is none (NULL is fine), or when that trace is not
 * sampled: it is then kept nowhere, and nobody could look it up. */
bool trace_read(const char *traceparent, char trace_id[TRACE_ID_LENGTH + 1]);

#endif

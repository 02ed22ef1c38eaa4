/* SPDX-License-Identifier: Apache-2.0 */
/* haproxy_socket.h - one question and its answer over a UNIX socket, within a deadline.
 */
#ifndef DATAPLANE_HAPROXY_SOCKET_H
#define DATAPLANE_HAPROXY_SOCKET_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Send all of the question, then append what comes until the other side closes.
 * ERR_TIMEOUT when it takes longer; ERR_TOO_BIG past the ceiling of answer;
 * ERR_NOT_FOUND, ERR_IO as errno has it. */
bool haproxy_ask(const char *path, const struct buf *question, int64_t timeout_ms,
                 struct buf *answer, struct error *err);

#endif

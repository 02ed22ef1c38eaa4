/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - a plain socket client for tests of servers: no HTTP library in between, so
 * that anything can be sent. */
#ifndef SUPPORT_CLIENT_H
#define SUPPORT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { CLIENT_PATIENCE_MS = 60000 }; /* of a test that would otherwise hang */

int client_connect(uint16_t port); /* to 127.0.0.1; -1 when refused */
bool client_send(int fd, const char *bytes, size_t n);
bool client_puts(int fd, const char *text);

/* Append what comes until the other side closes; false when that takes longer. */
bool client_read_all(int fd, struct buf *out, int timeout_ms);

/* One whole conversation: connect, send, read to the end. Requests should say
 * "Connection: close". */
bool client_talk(uint16_t port, const char *request, struct buf *out);

#endif

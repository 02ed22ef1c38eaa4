/* SPDX-License-Identifier: Apache-2.0 */
/* quick_read.h - the one request that nearly all are, {"features":[numbers]}, read
 * without building a tree.
 *
 * It only ever accepts: whatever it does not take (more rows, other members, a wrong
 * width, an error) is read again by the careful reader, which gives the same numbers for
 * everything taken here. A fuzz target holds the two against each other.
 */
#ifndef SERVER_QUICK_READ_H
#define SERVER_QUICK_READ_H

#include <stdbool.h>

#include "server/rows.h"

/* text is NUL-terminated behind its n bytes; on success rows holds one row. */
bool quick_read(const char *text, size_t n, struct rows *rows);

#endif

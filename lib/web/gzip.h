/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - whole buffers as gzip members (RFC 1952).
 *
 * Members may be put one behind the other: readers see their contents joined. That is how
 * pieces of a page can be compressed ahead of time.
 */
#ifndef WEB_GZIP_H
#define WEB_GZIP_H

#include "base/buf.h"

/* Whether this Accept-Encoding header (NULL: none) takes gzip. */
bool gzip_accepted(const char *accept_encoding);

/* Append one member; out's ceiling must leave room for gzip_bound(n). */
void gzip_member(struct buf *out, const void *bytes, size_t n);

/* The most bytes a member for n bytes can take. */
size_t gzip_bound(size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - gzip (RFC 1952), whole or of pieces that were compressed ahead of time.
 *
 * A stream is gzip_head(), any number of pieces in any order, gzip_tail(): one member, as
 * many readers stop after the first. A piece does not refer to text outside of it.
 */
#ifndef WEB_GZIP_H
#define WEB_GZIP_H

#include <stdint.h>

#include "base/buf.h"

/* Whether this Accept-Encoding header (NULL: none) takes gzip. */
bool gzip_accepted(const char *accept_encoding);

/* What a stream's end says of its text, so far. Zeroed: no text. */
struct gzip_sum {
    uint64_t length;
    uint32_t crc;
};

void gzip_head(struct buf *out);

/* Append n bytes as a piece, and to the sum. The ceiling of out must leave room for
 * gzip_bound(n). */
void gzip_piece(struct buf *out, const void *bytes, size_t n, struct gzip_sum *sum);

void gzip_tail(struct buf *out, const struct gzip_sum *sum);

/* The sum of two texts, one behind the other. */
void gzip_sum_add(struct gzip_sum *sum, const struct gzip_sum *next);

/* The most bytes a piece of n bytes can take, head and tail of a stream included. */
size_t gzip_bound(size_t n);

/* A whole stream. */
void gzip_all(struct buf *out, const void *bytes, size_t n);

#endif

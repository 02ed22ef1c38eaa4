/* SPDX-License-Identifier: Apache-2.0 */
/* deflate.h - a piece of a deflate stream (RFC 1951): it begins and ends on a byte, is
 * not the last, and refers to nothing before it. By libdeflate where the build has it,
 * else by zlib. For lib/web only.
 */
#ifndef WEB_DEFLATE_H
#define WEB_DEFLATE_H

#include "base/buf.h"

size_t deflate_piece_bound(size_t n);
void deflate_piece(struct buf *out, const void *bytes, size_t n);

#endif

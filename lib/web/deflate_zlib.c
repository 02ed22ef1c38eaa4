/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>

#include <zlib.h>

#include "web/deflate.h"

enum { LEVEL = 1, RAW = -15, MEMORY_LEVEL = 9, FLUSH_BYTES = 16 };

size_t deflate_piece_bound(size_t n)
{
    return compressBound(n) + FLUSH_BYTES;
}

void deflate_piece(struct buf *out, const void *bytes, size_t n)
{
    size_t room = deflate_piece_bound(n);
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)bytes,
        .avail_in = (uInt)n,
        .next_out = (Bytef *)buf_room(out, room),
        .avail_out = (uInt)room,
    };
    int done;

    if (!n || !z.next_out)
        return;
    assert(n <= UINT32_MAX && room <= UINT32_MAX);
    done = deflateInit2(&z, LEVEL, Z_DEFLATED, RAW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    assert(done == Z_OK);
    done = deflate(&z, Z_FULL_FLUSH);
    assert(done == Z_OK && !z.avail_in);
    buf_grew(out, z.total_out);
    (void)deflateEnd(&z); /* says Z_DATA_ERROR, as the stream has no end */
}

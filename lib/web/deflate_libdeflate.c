/* SPDX-License-Identifier: Apache-2.0 */
/* libdeflate makes whole streams only, in half of zlib's time. Such a stream is opened up
 * into a piece: the bit that marks its last block is cleared, and an empty stored block
 * behind it fills the last byte. Where that block and the last bit are, zlib's inflate
 * tells on a run over the stream; the two together are still faster than zlib's deflate,
 * and the result is smaller. */
#include <assert.h>
#include <stdint.h>

#include <libdeflate.h>
#include <zlib.h>

#include "web/deflate.h"

enum {
    LEVEL = 1,
    RAW = -15,
    WINDOW = 32 * 1024,
    FILL_MAX = 5, /* a byte for the block's header, four for its length */
    HEADER_BITS = 3,
    /* What inflate's data_type says besides the number of unused bits: */
    UNUSED_BITS = 63,
    IN_LAST_BLOCK = 64,
    BEHIND_BLOCK = 128,
};

size_t deflate_piece_bound(size_t n)
{
    return libdeflate_deflate_compress_bound(NULL, n) + FILL_MAX;
}

/* The bit at which the last block of the stream begins, and how many bits of the last
 * byte are not used. */
static uint64_t find_last_block(const unsigned char *stream, size_t n, int *unused)
{
    unsigned char window[WINDOW];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)stream, .avail_in = (uInt)n};
    uint64_t begin = 0;
    int done = inflateInit2(&z, RAW);

    assert(done == Z_OK && n <= UINT32_MAX);
    for (;;) {
        z.next_out = window;
        z.avail_out = sizeof(window);
        done = inflate(&z, Z_BLOCK);
        assert(done == Z_OK);
        if (!(z.data_type & BEHIND_BLOCK))
            continue;
        if (z.data_type & IN_LAST_BLOCK)
            break;
        begin = 8 * (uint64_t)z.total_in - (uint64_t)(z.data_type & UNUSED_BITS);
    }
    *unused = z.data_type & UNUSED_BITS;
    assert(z.total_in == n && *unused < 8);
    (void)inflateEnd(&z);
    return begin;
}

void deflate_piece(struct buf *out, const void *bytes, size_t n)
{
    static const char fill[FILL_MAX] = "\0\0\0\xff\xff";
    size_t room = deflate_piece_bound(n);
    unsigned char *at = (unsigned char *)buf_room(out, room);
    struct libdeflate_compressor *c;
    uint64_t last;
    size_t len;
    int unused, skip;

    if (!n || !at)
        return;
    c = libdeflate_alloc_compressor(LEVEL);
    assert(c);
    len = libdeflate_deflate_compress(c, bytes, n, at, room);
    libdeflate_free_compressor(c);
    assert(len);
    last = find_last_block(at, len, &unused);
    at[last / 8] &= (unsigned char)~(1U << (last % 8));
    buf_grew(out, len);
    /* The unused bits are zero, as is the header of a stored block. */
    skip = unused >= HEADER_BITS;
    buf_add(out, fill + skip, (size_t)(FILL_MAX - skip));
}

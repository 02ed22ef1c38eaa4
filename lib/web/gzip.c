/* SPDX-License-Identifier: Apache-2.0 */
#include "web/gzip.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

/* The fastest level: a page is sent once, to somebody near. */
enum { LEVEL = 1 };

#ifdef HAVE_LIBDEFLATE

size_t gzip_bound(size_t n)
{
    return libdeflate_gzip_compress_bound(NULL, n);
}

static size_t compress_to(void *out, size_t room, const void *bytes, size_t n)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
    size_t len;

    assert(c);
    len = libdeflate_gzip_compress(c, bytes, n, out, room);
    libdeflate_free_compressor(c);
    return len;
}

#else

enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, GZIP_OVERHEAD = 18 };

size_t gzip_bound(size_t n)
{
    return compressBound(n) + GZIP_OVERHEAD;
}

static size_t compress_to(void *out, size_t room, const void *bytes, size_t n)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes,
                  .avail_in = (uInt)n,
                  .next_out = out,
                  .avail_out = (uInt)room};
    int done = deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                            Z_DEFAULT_STRATEGY);

    assert(done == Z_OK && n <= UINT32_MAX && room <= UINT32_MAX);
    done = deflate(&z, Z_FINISH);
    assert(done == Z_STREAM_END);
    (void)deflateEnd(&z);
    return z.total_out;
}

#endif

void gzip_member(struct buf *out, const void *bytes, size_t n)
{
    size_t room = gzip_bound(n);
    char *at = buf_room(out, room);

    if (at)
        buf_grew(out, compress_to(at, room, bytes, n));
}

/* A quality of zero, in whatever way it is written, refuses. */
static bool refused(const char *parameters, size_t n)
{
    const char *end = parameters + n;

    for (const char *p = parameters; p < end; p++) {
        if (strncasecmp(p, "q=", 2) != 0)
            continue;
        p += 2;
        while (p < end && (*p == '0' || *p == '.'))
            p++;
        return p == end || *p < '1' || *p > '9';
    }
    return false;
}

bool gzip_accepted(const char *accept_encoding)
{
    const char *p = accept_encoding ? accept_encoding : "";

    while (*p) {
        size_t whole = strcspn(p, ",");
        size_t name;

        while (whole && (*p == ' ' || *p == '\t')) {
            p++;
            whole--;
        }
        name = strcspn(p, ",; \t");
        if ((name == 4 && !strncasecmp(p, "gzip", 4)) ||
            (name == 6 && !strncasecmp(p, "x-gzip", 6)))
            return !refused(p + name, whole - name);
        p += whole;
        p += *p == ',';
    }
    return false;
}

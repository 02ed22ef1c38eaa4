/* SPDX-License-Identifier: Apache-2.0 */
#include "web/gzip.h"

#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "web/deflate.h"

enum { HEAD_BYTES = 10, TAIL_BYTES = 10 };

size_t gzip_bound(size_t n)
{
    return HEAD_BYTES + deflate_piece_bound(n) + TAIL_BYTES;
}

void gzip_head(struct buf *out)
{
    /* deflate, no name, no time, fastest, Unix */
    static const unsigned char head[HEAD_BYTES] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3};

    buf_add(out, head, sizeof(head));
}

void gzip_piece(struct buf *out, const void *bytes, size_t n, struct gzip_sum *sum)
{
    struct gzip_sum piece = {.length = n, .crc = (uint32_t)crc32_z(0, bytes, n)};

    deflate_piece(out, bytes, n);
    gzip_sum_add(sum, &piece);
}

static void put_32(unsigned char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (8 * i));
}

void gzip_tail(struct buf *out, const struct gzip_sum *sum)
{
    unsigned char tail[TAIL_BYTES] = {3, 0}; /* an empty block, which is the last */

    put_32(tail + 2, sum->crc);
    put_32(tail + 6, (uint32_t)sum->length);
    buf_add(out, tail, sizeof(tail));
}

void gzip_sum_add(struct gzip_sum *sum, const struct gzip_sum *next)
{
    sum->crc = (uint32_t)crc32_combine(sum->crc, next->crc, (z_off_t)next->length);
    sum->length += next->length;
}

void gzip_all(struct buf *out, const void *bytes, size_t n)
{
    struct gzip_sum sum = {0};

    gzip_head(out);
    gzip_piece(out, bytes, n, &sum);
    gzip_tail(out, &sum);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of slices. (libmicrohttpd's own vectors of slices have to fit into the memory
 * of a connection, which is for heads and small; a page has tens of thousands.) */
#include <stdlib.h>
#include <string.h>

#include "httpd/internal.h"

enum {
    BLOCK_BYTES = 256 * 1024,
    /* So many slices, and so many bytes of each, are asked for ahead. */
    AHEAD = 6,
    AHEAD_BYTES = 512,
    CACHE_LINE = 64,
};

/* Where the reading of one answer is. It is read once, from front to back. */
struct reader {
    const struct httpd_slice *slices;
    size_t count, index, offset;
    void (*release)(void *release_arg);
    void *release_arg;
};

/* Slices are short and lie far from each other, which no processor foresees: waiting for
 * memory is most of the cost of joining them. */
static void look_ahead(const struct reader *r)
{
    const struct httpd_slice *s;

    if (AHEAD >= r->count - r->index)
        return;
    s = &r->slices[r->index + AHEAD];
    for (size_t i = 0; i < s->len && i < AHEAD_BYTES; i += CACHE_LINE)
        __builtin_prefetch((const char *)s->bytes + i);
}

static ssize_t read_block(void *arg, uint64_t position, char *out, size_t room)
{
    struct reader *r = arg;
    size_t n = 0;

    (void)position;
    while (n < room && r->index < r->count) {
        const struct httpd_slice *s = &r->slices[r->index];
        size_t part = s->len - r->offset;

        look_ahead(r);
        if (part > room - n)
            part = room - n;
        memcpy(out + n, (const char *)s->bytes + r->offset, part);
        n += part;
        r->offset += part;
        if (r->offset == s->len) {
            r->index++;
            r->offset = 0;
        }
    }
    return n ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void release(void *arg)
{
    struct reader *r = arg;

    if (r->release)
        r->release(r->release_arg);
    free(r);
}

struct MHD_Response *slices_answer(const struct httpd_response *resp)
{
    struct reader *r = mem_alloc(1, sizeof(*r));
    struct MHD_Response *answer;
    uint64_t total = 0;
    size_t block;

    r->slices = resp->slices;
    r->count = resp->slice_count;
    r->release = resp->release;
    r->release_arg = resp->release_arg;
    for (size_t i = 0; i < resp->slice_count; i++)
        total += resp->slices[i].len;
    block = total < BLOCK_BYTES ? (size_t)total + 1 : BLOCK_BYTES;
    answer = MHD_create_response_from_callback(total, block, read_block, r, release);
    if (!answer)
        release(r);
    return answer;
}

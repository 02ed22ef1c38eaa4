/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SMALLEST = 64 };

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf)BUF_INIT(max_bytes);
}

void buf_clear(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    buf_cut(b, 0);
}

void buf_cut(struct buf *b, size_t len)
{
    assert(len <= b->len);
    b->len = len;
    b->full = false;
    if (b->data)
        b->data[len] = '\0';
}

char *buf_make_room(struct buf *b, size_t n)
{
    assert(b->max < SIZE_MAX); /* there is a NUL behind it */
    if (b->full || n > b->max - b->len) {
        b->full = true;
        return NULL;
    }
    if (b->len + n + 1 > b->cap) {
        size_t want = b->len + n + 1;
        size_t cap = b->cap ? b->cap : SMALLEST;

        while (cap < want)
            cap += cap / 2;
        if (cap > b->max + 1)
            cap = b->max + 1;
        b->data = mem_resize(b->data, cap, 1);
        b->cap = cap;
        b->data[b->len] = '\0';
    }
    return b->data + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    char *room = buf_room(b, n);

    if (!room || !n)
        return;
    memcpy(room, bytes, n);
    buf_grew(b, n);
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_add_encoded(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
            buf_putc(out, *text);
        else
            buf_printf(out, "%%%02X", c);
    }
}

void buf_putc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
    va_list again;
    int len;
    char *room;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    assert(len >= 0);
    room = buf_room(b, (size_t)len);
    if (!room)
        return;
    (void)vsnprintf(room, (size_t)len + 1, fmt, args);
    buf_grew(b, (size_t)len);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    buf_vprintf(b, fmt, args);
    va_end(args);
}

void buf_move(struct buf *to, struct buf *from)
{
    size_t max = to->max;

    buf_clear(to);
    *to = *from;
    to->max = max;
    buf_init(from, from->max);
    if (to->len > max) {
        buf_clear(to);
        to->full = true;
    }
    if (to->cap > max + 1) /* room is made within the ceiling, see buf_room() */
        to->cap = max + 1;
}

char *buf_take(struct buf *b)
{
    char *taken = b->data ? b->data : mem_strdup("");

    buf_init(b, b->max);
    return taken;
}

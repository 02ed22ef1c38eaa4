/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - growing bytes with a ceiling.
 *
 * Append freely and check buf_ok() once: an append that would pass the ceiling is dropped
 * whole, and so is every later one. The text is always NUL-terminated.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL until the first byte; use buf_str() for a string */
    size_t len;
    size_t cap;
    size_t max; /* most bytes, the terminating NUL not counted: below SIZE_MAX */
    bool full;  /* something was dropped */
};

/* clang-format off */
#define BUF_INIT(max_bytes) {.data = NULL, .max = (max_bytes)}
/* clang-format on */

void buf_init(struct buf *b, size_t max_bytes);
void buf_clear(struct buf *b); /* release; the buffer may be used again */
void buf_reset(struct buf *b); /* forget the bytes, keep the memory */

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
/* Percent-encoded for a path, a query or a form: all but RFC 3986's unreserved ones. */
void buf_add_encoded(struct buf *out, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Room for n bytes at the end, or NULL when that passes the ceiling; add what was
 * written with buf_grew(). For callers that format in place. */
static inline char *buf_room(struct buf *b, size_t n);
static inline void buf_grew(struct buf *b, size_t n);

/* What is in `from` goes over to `to`, without being copied, in place of what was there;
 * what passes the ceiling of `to` is dropped whole. */
void buf_move(struct buf *to, struct buf *from);

/* Cut to the first len bytes; also forgets that the buffer was full. */
void buf_cut(struct buf *b, size_t len);

/* True when nothing was dropped. */
static inline bool buf_ok(const struct buf *b)
{
    return !b->full;
}

/* The bytes as a string, "" when empty; valid until the buffer changes. */
static inline const char *buf_str(const struct buf *b)
{
    return b->data ? b->data : "";
}

/* The bytes as a string of the caller's (free()); the buffer is empty afterwards. */
char *buf_take(struct buf *b);

/* ---- inline ------------------------------------------------------------------------ */

char *buf_make_room(struct buf *b, size_t n); /* for buf_room() */

static inline char *buf_room(struct buf *b, size_t n)
{
    /* Room that was made before is within the ceiling. */
    if (!b->full && n < b->cap - b->len)
        return b->data + b->len;
    return buf_make_room(b, n);
}

static inline void buf_grew(struct buf *b, size_t n)
{
    assert(n < b->cap - b->len);
    b->len += n;
    b->data[b->len] = '\0';
}

#endif

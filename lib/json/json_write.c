/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a tree. Not cJSON's printer: its numbers follow 15 or 17 digits, and it
 * passes ill-formed UTF-8 on. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "json/json.h"

/* How many bytes at s stand for themselves in a JSON string. */
static size_t plain_length(const char *s)
{
    size_t n = 0;

    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

static void add_escaped(struct buf *out, char c)
{
    static const char names[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = strchr(names, c);

    if (found)
        buf_printf(out, "\\%c", letters[found - names]);
    else
        buf_printf(out, "\\u%04x", (unsigned)c);
}

/* The code point of a well-formed sequence of two or three bytes where YAML refuses it,
 * takes it as the end of a line or as a mark, else 0. JSON allows them all; escaped, a
 * string is the same in both. */
static unsigned marked_code_point(const char *s, size_t n)
{
    const unsigned char *u = (const unsigned char *)s;
    unsigned c = 0;

    if (n == 2)
        c = (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
    else if (n == 3)
        c = (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    return (c >= 0x80 && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
                   c >= 0xfffe
               ? c
               : 0;
}

static void add_sequence(struct buf *out, const char *s, size_t n)
{
    unsigned c = marked_code_point(s, n);

    if (!n)
        buf_puts(out, "\xef\xbf\xbd"); /* U+FFFD for each byte that is no text */
    else if (c)
        buf_printf(out, "\\u%04x", c);
    else
        buf_add(out, s, n);
}

void json_add_string(struct buf *out, const char *s)
{
    size_t left = strlen(s);

    buf_putc(out, '"');
    while (left) {
        size_t n = plain_length(s);

        if (n) {
            buf_add(out, s, n);
        } else if ((unsigned char)*s < 0x80) {
            add_escaped(out, *s);
            n = 1;
        } else {
            n = text_utf8_length(s, left);
            add_sequence(out, s, n);
            n = n ? n : 1;
        }
        s += n;
        left -= n;
    }
    buf_putc(out, '"');
}

void json_add_number(struct buf *out, double v)
{
    char text[NUMBER_MAX];

    if (!isfinite(v))
        buf_puts(out, "null");
    else
        buf_add(out, text, number_format(v, text));
}

enum { COMPACT = -1 };

static void new_line(struct buf *out, int depth)
{
    if (depth != COMPACT)
        buf_printf(out, "\n%*s", 2 * depth, "");
}

static void write_value(const struct json *j, struct buf *out, int depth);

/* depth: how far the children are indented, or COMPACT. */
static void write_children(const struct json *j, struct buf *out, int depth)
{
    bool object = json_is(j, JSON_OBJECT);
    const struct json *child = json_first(j);

    if (!child) {
        buf_puts(out, object ? "{}" : "[]");
        return;
    }
    buf_putc(out, object ? '{' : '[');
    for (; child; child = json_next(child)) {
        new_line(out, depth);
        if (object) {
            json_add_string(out, json_key(child));
            buf_puts(out, depth == COMPACT ? ":" : ": ");
        }
        write_value(child, out, depth);
        if (json_next(child))
            buf_putc(out, ',');
    }
    new_line(out, depth == COMPACT ? COMPACT : depth - 1);
    buf_putc(out, object ? '}' : ']');
}

static void write_value(const struct json *j, struct buf *out, int depth)
{
    switch (json_type(j)) {
    case JSON_NULL:
        buf_puts(out, "null");
        break;
    case JSON_BOOL:
        buf_puts(out, json_bool(j, false) ? "true" : "false");
        break;
    case JSON_NUMBER:
        json_add_number(out, json_number(j, 0));
        break;
    case JSON_STRING:
        json_add_string(out, json_string(j, ""));
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        write_children(j, out, depth == COMPACT ? COMPACT : depth + 1);
        break;
    }
}

void json_write(const struct json *j, struct buf *out)
{
    write_value(j, out, COMPACT);
}

void json_write_pretty(const struct json *j, struct buf *out)
{
    write_value(j, out, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rewards/json_stream.h"

#include <string.h>

#include "base/text.h"

enum state {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* behind '[' */
    EXPECT_KEY_OR_END,   /* behind '{' */
    EXPECT_KEY,          /* behind ',' in an object */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING, /* the document is whole */
    IN_STRING,
    IN_ESCAPE,
    IN_HEX,
    IN_BARE, /* a number or a literal: ends at the first byte that is part of neither */
};

void json_stream_init(struct json_stream *s, json_stream_fn *fn, void *arg)
{
    *s = (struct json_stream){.fn = fn, .arg = arg, .state = EXPECT_VALUE};
    buf_init(&s->token, JSON_STREAM_TOKEN_MAX);
}

void json_stream_clear(struct json_stream *s)
{
    buf_clear(&s->token);
}

static bool fail(const struct json_stream *s, const char *why, struct error *err)
{
    return error_set(err, ERR_INVALID, "byte %llu: %s", (unsigned long long)s->offset,
                     why);
}

static bool tell(struct json_stream *s, enum json_token token, struct error *err)
{
    return s->fn(s->arg, token, "", 0, err);
}

static bool tell_text(struct json_stream *s, enum json_token token, struct error *err)
{
    bool ok = s->fn(s->arg, token, buf_str(&s->token), s->token.len, err);

    buf_reset(&s->token);
    return ok;
}

static void value_is_over(struct json_stream *s)
{
    s->state = s->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

/* ---- arrays and objects --------------------------------------------------------------
 */

static bool open_nested(struct json_stream *s, bool object, struct error *err)
{
    uint32_t bit = UINT32_C(1) << (s->depth & 31U);

    if (s->depth == JSON_STREAM_DEPTH_MAX)
        return fail(s, "nested too deeply", err);
    s->is_object = object ? s->is_object | bit : s->is_object & ~bit;
    s->depth++;
    s->state = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    return tell(s, object ? JSON_TOKEN_OBJECT : JSON_TOKEN_ARRAY, err);
}

static bool inside_object(const struct json_stream *s)
{
    return s->depth && (s->is_object >> (s->depth - 1) & 1U);
}

static bool close_nested(struct json_stream *s, bool object, struct error *err)
{
    if (!s->depth || inside_object(s) != object)
        return fail(s, "a bracket that was not opened", err);
    s->depth--;
    value_is_over(s);
    return tell(s, object ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END, err);
}

/* ---- strings -------------------------------------------------------------------------
 */

static void add_utf8(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(b, (char)c);
    } else if (c < 0x800) {
        buf_putc(b, (char)(0xC0U | c >> 6));
        buf_putc(b, (char)(0x80U | (c & 0x3FU)));
    } else if (c < 0x10000) {
        buf_putc(b, (char)(0xE0U | c >> 12));
        buf_putc(b, (char)(0x80U | (c >> 6 & 0x3FU)));
        buf_putc(b, (char)(0x80U | (c & 0x3FU)));
    } else {
        buf_putc(b, (char)(0xF0U | c >> 18));
        buf_putc(b, (char)(0x80U | (c >> 12 & 0x3FU)));
        buf_putc(b, (char)(0x80U | (c >> 6 & 0x3FU)));
        buf_putc(b, (char)(0x80U | (c & 0x3FU)));
    }
}

static bool take_code_point(struct json_stream *s, struct error *err)
{
    uint32_t c = s->hex;
    bool high = c >= 0xD800 && c < 0xDC00;
    bool low = c >= 0xDC00 && c < 0xE000;

    s->state = IN_STRING;
    if (low != (s->high_surrogate != 0))
        return fail(s, "half of a surrogate pair", err);
    if (high) {
        s->high_surrogate = c;
        return true;
    }
    if (low)
        c = 0x10000 + ((s->high_surrogate - 0xD800) << 10) + (c - 0xDC00);
    s->high_surrogate = 0;
    if (!c)
        return fail(s, "a NUL character", err);
    add_utf8(&s->token, c);
    return true;
}

static bool take_hex(struct json_stream *s, char c, struct error *err)
{
    static const char digits[] = "0123456789abcdef";
    const char *digit = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

    if (!c || !digit)
        return fail(s, "not a hexadecimal digit", err);
    s->hex = s->hex << 4 | (uint32_t)(digit - digits);
    return --s->hex_left || take_code_point(s, err);
}

static bool take_escape(struct json_stream *s, char c, struct error *err)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c ? strchr(from, c) : NULL;

    if (c == 'u') {
        s->state = IN_HEX;
        s->hex_left = 4;
        s->hex = 0;
        return true;
    }
    if (!at)
        return fail(s, "an unknown escape", err);
    if (s->high_surrogate)
        return fail(s, "half of a surrogate pair", err);
    buf_putc(&s->token, to[at - from]);
    s->state = IN_STRING;
    return true;
}

static bool end_string(struct json_stream *s, struct error *err)
{
    if (s->high_surrogate)
        return fail(s, "half of a surrogate pair", err);
    if (!buf_ok(&s->token))
        return fail(s, "a string is too long", err);
    if (s->beyond_ascii && !text_is_utf8(buf_str(&s->token), s->token.len))
        return fail(s, "ill-formed UTF-8", err);
    if (s->in_key) {
        s->state = EXPECT_COLON;
        return tell_text(s, JSON_TOKEN_KEY, err);
    }
    value_is_over(s);
    return tell_text(s, JSON_TOKEN_STRING, err);
}

/* As many bytes as are plain text, in one go; this is where the time goes. Not within a
 * surrogate pair. */
static size_t take_plain(struct json_stream *s, const char *bytes, size_t n)
{
    unsigned char all = 0;
    size_t i = 0;

    for (; i < n && bytes[i] != '"' && bytes[i] != '\\'; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c < 0x20)
            break;
        all |= c;
    }
    s->beyond_ascii |= all >= 0x80;
    if (i)
        buf_add(&s->token, bytes, i);
    return i;
}

static bool take_in_string(struct json_stream *s, char c, struct error *err)
{
    if (c == '"')
        return end_string(s, err);
    if (c == '\\') {
        s->state = IN_ESCAPE;
        return true;
    }
    return fail(s, "a control character in a string", err);
}

/* ---- numbers and literals ------------------------------------------------------------
 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p)
{
    while (is_digit(*p))
        p++;
    return p;
}

static bool is_number(const char *p)
{
    p += *p == '-';
    if (!is_digit(*p))
        return false;
    p = *p == '0' ? p + 1 : skip_digits(p);
    if (*p == '.') {
        if (!is_digit(p[1]))
            return false;
        p = skip_digits(p + 1);
    }
    if (*p == 'e' || *p == 'E') {
        p += p[1] == '+' || p[1] == '-' ? 2 : 1;
        if (!is_digit(*p))
            return false;
        p = skip_digits(p);
    }
    return !*p;
}

static bool is_bare(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
}

static size_t take_bare(struct json_stream *s, const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && is_bare(bytes[i]))
        i++;
    if (i)
        buf_add(&s->token, bytes, i);
    return i;
}

static bool end_bare(struct json_stream *s, struct error *err)
{
    static const char *const literals[] = {"true", "false", "null", NULL};
    const char *text = buf_str(&s->token);
    enum json_token token = JSON_TOKEN_NUMBER;

    if (text_index(text, literals) >= 0)
        token = JSON_TOKEN_LITERAL;
    else if (!buf_ok(&s->token) || !is_number(text))
        return fail(s, "neither a number nor a literal", err);
    value_is_over(s);
    return tell_text(s, token, err);
}

/* ---- between tokens ------------------------------------------------------------------
 */

static bool begin_string(struct json_stream *s, bool key)
{
    s->in_key = key;
    s->beyond_ascii = false;
    s->state = IN_STRING;
    return true;
}

static bool begin_value(struct json_stream *s, char c, struct error *err)
{
    if (c == '{' || c == '[')
        return open_nested(s, c == '{', err);
    if (c == '"')
        return begin_string(s, false);
    if (!is_bare(c))
        return fail(s, "a value was expected", err);
    buf_putc(&s->token, c);
    s->state = IN_BARE;
    return true;
}

static bool take_comma_or_end(struct json_stream *s, char c, struct error *err)
{
    if (c != ',')
        return c == '}' || c == ']' ? close_nested(s, c == '}', err)
                                    : fail(s, "a comma or the end was expected", err);
    s->state = inside_object(s) ? EXPECT_KEY : EXPECT_VALUE;
    return true;
}

static bool take_between(struct json_stream *s, char c, struct error *err)
{
    switch ((enum state)s->state) {
    case EXPECT_VALUE_OR_END:
        return c == ']' ? close_nested(s, false, err) : begin_value(s, c, err);
    case EXPECT_VALUE:
        return begin_value(s, c, err);
    case EXPECT_KEY_OR_END:
        if (c == '}')
            return close_nested(s, true, err);
        __attribute__((fallthrough));
    case EXPECT_KEY:
        return c == '"' ? begin_string(s, true) : fail(s, "a key was expected", err);
    case EXPECT_COLON:
        s->state = EXPECT_VALUE;
        return c == ':' || fail(s, "a colon was expected", err);
    case EXPECT_COMMA_OR_END:
        return take_comma_or_end(s, c, err);
    default:
        return fail(s, "bytes behind the document", err);
    }
}

static bool take(struct json_stream *s, char c, struct error *err)
{
    switch ((enum state)s->state) {
    case IN_STRING:
        return take_in_string(s, c, err);
    case IN_ESCAPE:
        return take_escape(s, c, err);
    case IN_HEX:
        return take_hex(s, c, err);
    case IN_BARE:
        if (!end_bare(s, err))
            return false;
        __attribute__((fallthrough));
    default:
        return c == ' ' || c == '\n' || c == '\r' || c == '\t' || take_between(s, c, err);
    }
}

/* How many bytes were more of the same. */
static size_t take_run(struct json_stream *s, const char *bytes, size_t n)
{
    switch ((enum state)s->state) {
    case IN_STRING:
        return s->high_surrogate ? 0 : take_plain(s, bytes, n);
    case IN_BARE:
        return take_bare(s, bytes, n);
    default:
        return 0;
    }
}

bool json_stream_feed(struct json_stream *s, const char *bytes, size_t n,
                      struct error *err)
{
    for (size_t i = 0; i < n;) {
        size_t run = take_run(s, bytes + i, n - i);

        s->offset += run;
        i += run;
        if (i == n)
            break;
        if (s->high_surrogate && s->state == IN_STRING && bytes[i] != '\\')
            return fail(s, "half of a surrogate pair", err);
        if (!take(s, bytes[i], err))
            return false;
        s->offset++;
        i++;
    }
    return true;
}

bool json_stream_whole(const struct json_stream *s)
{
    return s->state == EXPECT_NOTHING;
}

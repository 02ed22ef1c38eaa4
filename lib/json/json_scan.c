/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json_scan.h"

#include <string.h>

#include "base/text.h"

struct scan {
    const char *text;
    size_t n;
    size_t at;
    int depth;
    size_t values;         /* begun so far */
    size_t wanted;         /* the value to locate ... */
    size_t wanted_at;      /* ... begins here; for a member: its key does */
    const char *complaint; /* set when the text is not JSON */
};

static const size_t NOTHING_WANTED = (size_t)-1;

static bool fail(struct scan *s, const char *complaint)
{
    s->complaint = complaint;
    return false;
}

/* The byte here, or NUL at the end; a NUL in the text is no JSON either. */
static char peek(const struct scan *s)
{
    if (s->at == s->n)
        return '\0';
    return s->text[s->at];
}

static bool take(struct scan *s, char c)
{
    if (peek(s) != c || s->at >= s->n)
        return false;
    s->at++;
    return true;
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->n) {
        char c = s->text[s->at];

        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        s->at++;
    }
}

static size_t skip_digits(struct scan *s)
{
    size_t from = s->at;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at - from;
}

static bool scan_number(struct scan *s)
{
    size_t from = s->at;

    (void)take(s, '-');
    if (!take(s, '0') && !skip_digits(s))
        return fail(s, "a number needs a digit here");
    if (take(s, '.') && !skip_digits(s))
        return fail(s, "a number needs a digit behind its point");
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        if (!skip_digits(s))
            return fail(s, "a number needs a digit in its exponent");
    }
    if (s->at - from > JSON_NUMBER_TEXT_MAX)
        return fail(s, "a number of more than 63 characters");
    return true;
}

/* The four hex digits behind \u, or -1. */
static int scan_hex4(struct scan *s)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    int unit = 0;

    for (int i = 0; i < 4; i++) {
        const char *found = peek(s) ? strchr(digits, peek(s)) : NULL;

        if (!found)
            return -1;
        unit = unit << 4 | (int)((found - digits) & 15);
        s->at++;
    }
    return unit;
}

static bool scan_unicode_escape(struct scan *s)
{
    int unit = scan_hex4(s);

    if (unit < 0)
        return fail(s, "\\u needs four hex digits");
    if (unit == 0)
        return fail(s, "a string may not hold \\u0000");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return fail(s, "the second half of a surrogate pair without its first");
    if (unit < 0xd800 || unit > 0xdbff)
        return true;
    if (take(s, '\\') && take(s, 'u')) {
        unit = scan_hex4(s);
        if (unit >= 0xdc00 && unit <= 0xdfff)
            return true;
    }
    return fail(s, "the first half of a surrogate pair without its second");
}

static bool scan_escape(struct scan *s)
{
    if (take(s, 'u'))
        return scan_unicode_escape(s);
    if (!peek(s) || !strchr("\"\\/bfnrt", peek(s)))
        return fail(s, "unknown escape");
    s->at++;
    return true;
}

static bool scan_string(struct scan *s)
{
    s->at++; /* the opening quote */
    while (s->at < s->n) {
        unsigned char c = (unsigned char)s->text[s->at];
        size_t len;

        if (c < 0x20)
            return fail(s, "a control character inside a string");
        if (c < 0x80) {
            s->at++;
            if (c == '"')
                return true;
            if (c == '\\' && !scan_escape(s))
                return false;
            continue;
        }
        len = text_utf8_length(s->text + s->at, s->n - s->at);
        if (!len)
            return fail(s, "ill-formed UTF-8");
        s->at += len;
    }
    return fail(s, "a string without its closing quote");
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if (s->n - s->at < len || memcmp(s->text + s->at, word, len) != 0)
        return fail(s, "expected a value");
    s->at += len;
    return true;
}

static bool scan_value(struct scan *s, size_t from);

static bool scan_member(struct scan *s)
{
    size_t from = s->at;

    if (peek(s) != '"')
        return fail(s, "expected a key in quotes");
    if (!scan_string(s))
        return false;
    skip_blanks(s);
    if (!take(s, ':'))
        return fail(s, "expected ':' behind the key");
    skip_blanks(s);
    return scan_value(s, from);
}

static bool scan_children(struct scan *s, char end)
{
    s->at++; /* the opening bracket */
    skip_blanks(s);
    if (take(s, end))
        return true;
    for (;;) {
        if (!(end == '}' ? scan_member(s) : scan_value(s, s->at)))
            return false;
        skip_blanks(s);
        if (take(s, end))
            return true;
        if (!take(s, ','))
            return fail(s, end == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        skip_blanks(s);
    }
}

/* from: where it begins for people, which for a member is its key. */
static bool scan_value(struct scan *s, size_t from)
{
    bool ok;

    if (s->values++ == s->wanted)
        s->wanted_at = from;
    switch (peek(s)) {
    case '{':
    case '[':
        if (s->depth == JSON_DEPTH_MAX)
            return fail(s, "nested more than 100 deep");
        s->depth++;
        ok = scan_children(s, peek(s) == '{' ? '}' : ']');
        s->depth--;
        return ok;
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        if (peek(s) == '-' || (peek(s) >= '0' && peek(s) <= '9'))
            return scan_number(s);
        return fail(s, s->at < s->n ? "expected a value" : "the text ends too early");
    }
}

static bool scan_document(struct scan *s)
{
    skip_blanks(s);
    if (!scan_value(s, s->at))
        return false;
    skip_blanks(s);
    return s->at == s->n || fail(s, "more text behind the document");
}

static bool fault_at(const char *text, size_t at, const char *what, struct error *err)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) { /* count characters */
            column++;
        }
    }
    return error_set(err, ERR_INVALID, "line %zu, column %zu: %s", line, column, what);
}

bool json_scan(const char *text, size_t n, struct error *err)
{
    struct scan s = {.text = text, .n = n, .wanted = NOTHING_WANTED};

    if (n > JSON_SIZE_MAX)
        return error_set(err, ERR_TOO_BIG, "a document of more than 64 MiB");
    return scan_document(&s) || fault_at(text, s.at, s.complaint, err);
}

bool json_scan_fault(const char *text, size_t n, size_t ordinal, const char *what,
                     struct error *err)
{
    struct scan s = {.text = text, .n = n, .wanted = ordinal};

    (void)scan_document(&s);
    return fault_at(text, s.wanted_at, what, err);
}

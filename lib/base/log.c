/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

/* A text is cut where the line has so many bytes, which leaves room for what is short. */
enum { LINE_MAX_BYTES = 16 * 1024, TEXT_ENDS = LINE_MAX_BYTES - 1024, FIELD_MAX = 128 };

static const char *const level_names[] = {"debug", "info", "warn", "error", NULL};
static const char *const format_names[] = {"logfmt", "json", NULL};

static enum log_level threshold = LOG_INFO;
static enum log_format line_format = LOG_FORMAT_LOGFMT;

bool log_setup(const char *level, const char *format, struct error *err)
{
    int l = text_index(level, level_names);
    int f = text_index(format, format_names);

    if (l < 0)
        return error_set(err, ERR_INVALID,
                         "log level \"%.32s\": use debug, info, warn or error", level);
    if (f < 0)
        return error_set(err, ERR_INVALID, "log format \"%.32s\": use logfmt or json",
                         format);
    threshold = (enum log_level)l;
    line_format = (enum log_format)f;
    return true;
}

/* The character at s, n bytes long. */
static void add_character(struct buf *out, const char *s, size_t n)
{
    unsigned char c = (unsigned char)*s;

    if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", c);
    else if (c == '\n')
        buf_puts(out, "\\n");
    else if (c < 0x20 || c == 0x7f)
        buf_printf(out, "\\u%04x", c);
    else
        buf_add(out, s, n);
}

/* Texts come from clients, and error messages are cut at any byte: what is no UTF-8,
 * which no reader of JSON would take, becomes U+FFFD, byte by byte. */
static void add_quoted(struct buf *out, const char *s)
{
    const char *end = s + strlen(s);

    buf_putc(out, '"');
    while (s < end && out->len < TEXT_ENDS) {
        size_t n = text_utf8_length(s, (size_t)(end - s));

        if (n)
            add_character(out, s, n);
        else
            buf_puts(out, "\xEF\xBF\xBD");
        s += n ? n : 1;
    }
    buf_puts(out, s < end ? "...\"" : "\"");
}

static bool needs_quotes(const struct buf *out, const char *s)
{
    size_t n = strlen(s);

    if (!n || out->len + n > TEXT_ENDS || !text_is_utf8(s, n))
        return true;
    for (; *s; s++)
        if ((unsigned char)*s <= ' ' || *s == '"' || *s == '=' || *s == '\\' ||
            *s == 0x7f)
            return true;
    return false;
}

static void add_pair(struct buf *out, const char *key, const char *value, bool is_text)
{
    if (line_format == LOG_FORMAT_JSON)
        buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
    else
        buf_printf(out, "%s%s=", out->len ? " " : "", key);
    if (is_text && (line_format == LOG_FORMAT_JSON || needs_quotes(out, value)))
        add_quoted(out, value);
    else
        buf_puts(out, value);
}

static void add_field(struct buf *out, const struct log_field *f)
{
    char number[NUMBER_MAX];

    switch (f->kind) {
    case LOG_FIELD_STR:
        add_pair(out, f->key, f->str ? f->str : "", true);
        break;
    case LOG_FIELD_INT:
        (void)snprintf(number, sizeof(number), "%" PRId64, f->integer);
        add_pair(out, f->key, number, false);
        break;
    case LOG_FIELD_NUM:
        if (isfinite(f->num))
            (void)number_format(f->num, number);
        add_pair(out, f->key, isfinite(f->num) ? number : "nan", !isfinite(f->num));
        break;
    }
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
    CLEANUP(buf_clear)
    struct buf line = BUF_INIT(LINE_MAX_BYTES);
    char now[CLOCK_TEXT_MAX];

    if (level < threshold)
        return;
    if (line_format == LOG_FORMAT_JSON)
        buf_putc(&line, '{');
    add_pair(&line, "ts", clock_format(clock_wall_ms(), now), true);
    add_pair(&line, "level", level_names[level], true);
    add_pair(&line, "msg", msg, true);
    for (; fields->key && line.len + FIELD_MAX < LINE_MAX_BYTES; fields++)
        add_field(&line, fields);
    if (line_format == LOG_FORMAT_JSON)
        buf_putc(&line, '}');
    buf_putc(&line, '\n');
    /* one write a line, so that threads and processes do not cut into each other */
    assert(buf_ok(&line));
    (void)!write(STDERR_FILENO, line.data, line.len);
}

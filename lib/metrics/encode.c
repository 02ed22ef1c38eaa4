/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "metrics/exposition.h"

/* Append text with backslash, line feed and (where asked) double quote escaped. */
static void escape(struct buf *out, const char *text, size_t n, bool quotes)
{
    size_t start = 0;

    for (size_t i = 0; i < n; i++) {
        const char *with = NULL;

        if (text[i] == '\\')
            with = "\\\\";
        else if (text[i] == '\n')
            with = "\\n";
        else if (text[i] == '"' && quotes)
            with = "\\\"";
        if (!with)
            continue;
        buf_add(out, text + start, i - start);
        buf_add(out, with, 2);
        start = i + 1;
    }
    buf_add(out, text + start, n - start);
}

/* One ill-formed byte makes Prometheus refuse the whole page; what cannot be read becomes
 * U+FFFD, byte by byte, and what can stays. */
static void escape_repaired(struct buf *out, const char *value, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = text_utf8_length(value + i, n - i);

        if (len)
            escape(out, value + i, len, true);
        else
            buf_puts(out, "\xEF\xBF\xBD");
        i += len ? len : 1;
    }
}

/* Nearly all values: neither to be escaped nor to be looked at closely. They are short,
 * and vectors would not pay. */
static bool is_plain(const char *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c >= 0x80 || c == '"' || c == '\\' || c == '\n')
            return false;
    }
    return true;
}

void exposition_label(struct buf *out, const char *name, const char *value)
{
    enum { QUOTES = 3 };
    size_t name_len = strlen(name), n = strlen(value);
    char *room = is_plain(value, n) ? buf_room(out, name_len + n + QUOTES) : NULL;

    if (room) {
        memcpy(room, name, name_len);
        memcpy(room + name_len, "=\"", 2);
        memcpy(room + name_len + 2, value, n);
        room[name_len + 2 + n] = '"';
        buf_grew(out, name_len + n + QUOTES);
        return;
    }
    buf_puts(out, name);
    buf_add(out, "=\"", 2);
    if (text_is_utf8(value, n))
        escape(out, value, n, true);
    else
        escape_repaired(out, value, n);
    buf_putc(out, '"');
}

static size_t infinite(double v, char *out)
{
    const char *word = isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
    size_t n = strlen(word);

    memcpy(out, word, n);
    return n;
}

size_t exposition_number(double v, char out[NUMBER_MAX])
{
    return isfinite(v) ? number_format(v, out) : infinite(v, out);
}

void exposition_value(struct buf *out, double v)
{
    char *room = buf_room(out, NUMBER_MAX);

    if (room)
        buf_grew(out, exposition_number(v, room));
}

void exposition_bound(struct buf *out, double v)
{
    char *room = buf_room(out, NUMBER_MAX);

    if (room)
        buf_grew(out, isfinite(v) ? number_format_canonical(v, room) : infinite(v, room));
}

static char *put(char *at, const struct exposition_text *text)
{
    if (text->len)
        memcpy(at, text->at, text->len);
    return at + text->len;
}

void exposition_sample(struct buf *out, const struct exposition_sample *s)
{
    enum { PUNCTUATION = 5 }; /* braces, comma, blank, line feed */
    size_t text = s->name.len + s->labels.len + s->more.len + s->exemplar.len;
    char *room = buf_room(out, text + PUNCTUATION + NUMBER_MAX);
    char *at = room;

    if (!room)
        return;
    at = put(at, &s->name);
    if (s->labels.len + s->more.len) {
        *at++ = '{';
        at = put(at, &s->labels);
        if (s->labels.len && s->more.len)
            *at++ = ',';
        at = put(at, &s->more);
        *at++ = '}';
    }
    *at++ = ' ';
    at += exposition_number(s->value, at);
    at = put(at, &s->exemplar);
    *at++ = '\n';
    buf_grew(out, (size_t)(at - room));
}

static const char *suffix(enum metric_type type)
{
    switch (type) {
    case METRIC_COUNTER:
        return "_total";
    case METRIC_INFO:
        return "_info";
    case METRIC_GAUGE:
    case METRIC_HISTOGRAM:
    case METRIC_STATESET:
        break;
    }
    return "";
}

void exposition_sample_name(struct buf *out, const struct metric_desc *d)
{
    buf_puts(out, d->name);
    buf_puts(out, suffix(d->type));
}

static const char *type_name(enum exposition e, enum metric_type type)
{
    /* Info and state sets do not exist in text 0.0.4; readers of it choke on them. */
    static const char *const names[EXPOSITION_COUNT][METRIC_STATESET + 1] = {
        [EXPOSITION_TEXT_0_0_4] = {"counter", "gauge", "histogram", "gauge", "gauge"},
        [EXPOSITION_OPENMETRICS_1_0] = {"counter", "gauge", "histogram", "info",
                                   "stateset"                                       },
    };

    return names[e][type];
}

static void metadata(struct buf *out, enum exposition e, const char *what,
                     const struct metric_desc *d)
{
    buf_puts(out, what);
    buf_puts(out, d->name);
    /* 0.0.4 describes the sample's name, OpenMetrics the family's. */
    if (e == EXPOSITION_TEXT_0_0_4)
        buf_puts(out, suffix(d->type));
    buf_putc(out, ' ');
}

void exposition_header(struct buf *out, enum exposition e, const struct metric_desc *d)
{
    bool open = e == EXPOSITION_OPENMETRICS_1_0;

    metadata(out, e, "# TYPE ", d);
    buf_puts(out, type_name(e, d->type));
    buf_putc(out, '\n');
    if (open && d->unit) {
        metadata(out, e, "# UNIT ", d);
        buf_puts(out, d->unit);
        buf_putc(out, '\n');
    }
    metadata(out, e, "# HELP ", d);
    escape(out, d->help, strlen(d->help), open);
    buf_putc(out, '\n');
}

void exposition_end(enum exposition e, struct buf *out)
{
    if (e == EXPOSITION_OPENMETRICS_1_0)
        buf_puts(out, "# EOF\n");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "csv/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void csv_init(struct csv *c, const char *text, size_t n)
{
    memset(c, 0, sizeof(*c));
    c->at = text;
    c->end = text + n;
    c->line = 1;
    buf_init(&c->text, CSV_RECORD_MAX);
    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        c->at += 3;
}

void csv_clear(struct csv *c)
{
    buf_clear(&c->text);
    free(c->fields);
    c->fields = NULL;
}

const char *csv_field(const struct csv *c, size_t i)
{
    return buf_str(&c->text) + c->fields[i].start;
}

size_t csv_column(const struct csv *c, size_t i)
{
    return c->fields[i].column;
}

/* How long the line end at p is: 0 when there is none. */
static size_t newline(const struct csv *c, const char *p)
{
    if (p < c->end && *p == '\n')
        return 1;
    return p + 1 < c->end && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

static bool at_end_of_field(const struct csv *c)
{
    return c->at == c->end || *c->at == ',' || newline(c, c->at);
}

static bool start_field(struct csv *c, size_t column, struct error *err)
{
    if (c->count == CSV_FIELDS_MAX)
        return error_set(err, ERR_TOO_BIG, "line %zu: more than %d fields", c->line,
                         CSV_FIELDS_MAX);
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 16;
        c->fields = mem_resize(c->fields, c->room, sizeof(*c->fields));
    }
    c->fields[c->count++] = (struct csv_field){c->text.len, column};
    return true;
}

/* Behind the opening quote, to behind the closing one. */
static bool quoted(struct csv *c, size_t column, struct error *err)
{
    size_t line = c->line;

    for (c->at++; c->at < c->end; c->at++) {
        if (*c->at == '"') {
            if (c->at + 1 == c->end || c->at[1] != '"') {
                c->at++;
                return at_end_of_field(c) ||
                       error_set(err, ERR_INVALID,
                                 "line %zu: text behind the closing quote of the field "
                                 "that starts at column %zu of line %zu",
                                 c->line, column, line);
            }
            c->at++;
        }
        c->line += *c->at == '\n';
        buf_putc(&c->text, *c->at);
    }
    return error_set(err, ERR_INVALID, "line %zu, column %zu: the quote is never closed",
                     line, column);
}

static bool plain(struct csv *c, const char *line_start, struct error *err)
{
    for (; !at_end_of_field(c); c->at++) {
        if (*c->at == '"' || *c->at == '\0')
            return error_set(
                err, ERR_INVALID, "line %zu, column %zu: a %s inside a field", c->line,
                (size_t)(c->at - line_start) + 1, *c->at ? "quote" : "NUL byte");
        buf_putc(&c->text, *c->at);
    }
    return true;
}

static bool record(struct csv *c, struct error *err)
{
    const char *line_start = c->at;

    for (;;) {
        size_t column = (size_t)(c->at - line_start) + 1;
        bool ok = start_field(c, column, err);

        if (ok && c->at < c->end && *c->at == '"')
            ok = quoted(c, column, err);
        else if (ok)
            ok = plain(c, line_start, err);
        buf_putc(&c->text, '\0');
        if (!ok)
            return false;
        if (!buf_ok(&c->text))
            return error_set(err, ERR_TOO_BIG, "line %zu: a record of more than %d bytes",
                             c->record_line, CSV_RECORD_MAX);
        if (c->at == c->end || *c->at != ',')
            return true;
        c->at++;
    }
}

int csv_next(struct csv *c, struct error *err)
{
    size_t skip;

    while ((skip = newline(c, c->at)) != 0) {
        c->at += skip;
        c->line++;
    }
    if (c->at == c->end)
        return 0;
    buf_reset(&c->text);
    c->count = 0;
    c->record_line = c->line;
    c->raw = c->at;
    if (!record(c, err))
        return -1;
    c->raw_size = (size_t)(c->at - c->raw);
    skip = newline(c, c->at);
    c->at += skip;
    c->line += skip > 0;
    return 1;
}

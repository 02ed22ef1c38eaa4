/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/csv.h"

#include <string.h>

enum { FIELD_MAX = 1024 * 1024 };

void csv_init(struct csv *c, const char *text, size_t n)
{
    size_t mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *c = (struct csv){
        .at = text + mark, .end = text + n, .next_line = 1, .field = BUF_INIT(FIELD_MAX)};
}

void csv_clear(struct csv *c)
{
    buf_clear(&c->field);
}

/* Pass over a line end, if there is one here. */
static bool line_end(struct csv *c)
{
    size_t n = 0;

    if (c->at < c->end && *c->at == '\n')
        n = 1;
    else if (c->end - c->at >= 2 && c->at[0] == '\r' && c->at[1] == '\n')
        n = 2;
    c->at += n;
    c->next_line += n > 0;
    return n > 0;
}

bool csv_more(struct csv *c)
{
    while (line_end(c))
        continue;
    return c->at < c->end;
}

static bool bad(const struct csv *c, const char *why, struct error *err)
{
    return error_set(err, ERR_INVALID, "line %zu: %s", c->line, why);
}

static bool quoted(struct csv *c, struct error *err)
{
    for (c->at++; c->at < c->end; c->at++) {
        if (*c->at == '"') {
            c->at++;
            if (c->at == c->end || *c->at != '"')
                return true;
        }
        c->next_line += *c->at == '\n';
        buf_putc(&c->field, *c->at);
    }
    return bad(c, "a quote is never closed", err);
}

static void plain(struct csv *c)
{
    const char *start = c->at;

    while (c->at < c->end && *c->at != ',' && *c->at != '\n' &&
           !(*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n'))
        c->at++;
    buf_add(&c->field, start, (size_t)(c->at - start));
}

bool csv_field(struct csv *c, struct error *err)
{
    c->line = c->next_line;
    buf_reset(&c->field);
    if (c->at < c->end && *c->at == '"') {
        if (!quoted(c, err))
            return false;
    } else {
        plain(c);
    }
    if (!buf_ok(&c->field))
        return bad(c, "a field is longer than 1 MiB", err);
    if (memchr(buf_str(&c->field), '\0', c->field.len))
        return bad(c, "a NUL byte", err);
    if (c->at < c->end && *c->at == ',') {
        c->at++;
        c->last = false;
        return true;
    }
    c->last = line_end(c) || c->at == c->end;
    return c->last ? true : bad(c, "text behind a closing quote", err);
}

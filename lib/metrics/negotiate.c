/* SPDX-License-Identifier: Apache-2.0 */
/* Which format an Accept header asks for: RFC 9110 section 12.5.1, and the parameters
 * `version` and `escaping` of Prometheus' content negotiation. */
#include <string.h>
#include <strings.h>

#include "metrics/exposition.h"

/* A slice of the header; never copied. */
struct slice {
    const char *at;
    size_t len;
};

/* One media range: type/subtype;version=...;escaping=...;q=... */
struct range {
    struct slice type;
    struct slice version;
    struct slice escaping;
    int q; /* in thousandths */
};

static bool equals(struct slice s, const char *word)
{
    return s.len == strlen(word) && !strncasecmp(s.at, word, s.len);
}

static struct slice trim(struct slice s)
{
    while (s.len && (*s.at == ' ' || *s.at == '\t')) {
        s.at++;
        s.len--;
    }
    while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Cut off the text up to the separator, which may stand within quotes. */
static struct slice cut(struct slice *rest, char separator)
{
    bool quoted = false;
    size_t i = 0;
    struct slice head;

    for (; i < rest->len && (quoted || rest->at[i] != separator); i++) {
        if (rest->at[i] == '"')
            quoted = !quoted;
        else if (quoted && rest->at[i] == '\\' && i + 1 < rest->len)
            i++;
    }
    head = (struct slice){rest->at, i};
    if (i < rest->len)
        i++;
    rest->at += i;
    rest->len -= i;
    return trim(head);
}

static struct slice unquote(struct slice s)
{
    if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
        return (struct slice){s.at + 1, s.len - 2};
    return s;
}

/* "0.75" as 750. What is no quality value counts as not wanted at all. */
static int quality(struct slice s)
{
    int q, scale = 100;

    if (!s.len || (s.at[0] != '0' && s.at[0] != '1') || s.len > 5 ||
        (s.len > 1 && s.at[1] != '.'))
        return 0;
    q = (s.at[0] - '0') * 1000;
    for (size_t i = 2; i < s.len; i++, scale /= 10) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return 0;
        q += (s.at[i] - '0') * scale;
    }
    return q > 1000 ? 0 : q;
}

static struct range read_range(struct slice text)
{
    struct range r = {.q = 1000};

    r.type = cut(&text, ';');
    while (text.len) {
        struct slice value = cut(&text, ';');
        struct slice name = cut(&value, '=');

        value = unquote(trim(value));
        if (equals(name, "q"))
            r.q = quality(value);
        else if (equals(name, "version"))
            r.version = value;
        else if (equals(name, "escaping"))
            r.escaping = value;
    }
    return r;
}

static bool names(const struct range *r, enum exposition e)
{
    switch (e) {
    case EXPOSITION_OPENMETRICS_1_0:
        return equals(r->type, "application/openmetrics-text") &&
               (!r->version.len || equals(r->version, "1.0.0"));
    case EXPOSITION_TEXT_0_0_4:
    case EXPOSITION_COUNT:
        break;
    }
    return equals(r->type, "text/plain") &&
           (!r->version.len || equals(r->version, "0.0.4"));
}

/* Wildcards stand for text 0.0.4 only: a browser that takes anything gets what it can
 * show. The closest range decides, as RFC 9110 has it. */
static int closeness(const struct range *r, enum exposition e)
{
    if (names(r, e))
        return 3;
    if (e != EXPOSITION_TEXT_0_0_4)
        return 0;
    return equals(r->type, "text/*") ? 2 : equals(r->type, "*/*") ? 1 : 0;
}

/* Quality of a format, 0 when it is not wanted; *best is the range that said so. */
static int wanted(const char *accept, enum exposition e, struct range *best)
{
    struct slice rest = {accept, strlen(accept)};
    int closest = 0;

    *best = (struct range){.q = 0};
    while (rest.len) {
        struct range r = read_range(cut(&rest, ','));
        int near = closeness(&r, e);

        if (near > closest || (near && near == closest && r.q > best->q)) {
            *best = r;
            closest = near;
        }
    }
    return best->q;
}

enum exposition exposition_negotiate(const char *accept)
{
    struct range range;
    int open;

    if (!accept)
        return EXPOSITION_TEXT_0_0_4;
    open = wanted(accept, EXPOSITION_OPENMETRICS_1_0, &range);
    if (open && open >= wanted(accept, EXPOSITION_TEXT_0_0_4, &range))
        return EXPOSITION_OPENMETRICS_1_0;
    return EXPOSITION_TEXT_0_0_4;
}

#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TEXT        "text/plain; version=0.0.4; charset=utf-8"

const char *exposition_content_type(enum exposition e)
{
    return e == EXPOSITION_OPENMETRICS_1_0 ? OPENMETRICS : TEXT;
}

const char *exposition_content_type_for(enum exposition e, const char *accept)
{
    static const struct {
        const char *scheme;
        const char *types[EXPOSITION_COUNT];
    } rows[] = {
        {"allow-utf-8",
         {TEXT "; escaping=allow-utf-8", OPENMETRICS "; escaping=allow-utf-8"}     },
        {"underscores",
         {TEXT "; escaping=underscores", OPENMETRICS "; escaping=underscores"}     },
        {"dots",        {TEXT "; escaping=dots", OPENMETRICS "; escaping=dots"}    },
        {"values",      {TEXT "; escaping=values", OPENMETRICS "; escaping=values"}},
    };
    struct range range;

    if (!accept || !wanted(accept, e, &range))
        return exposition_content_type(e);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (equals(range.escaping, rows[i].scheme))
            return rows[i].types[e];
    return exposition_content_type(e);
}

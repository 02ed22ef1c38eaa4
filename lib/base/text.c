/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool text_to_int(const char *text, int64_t low, int64_t high, int64_t *value,
                 struct error *err)
{
    char *end;
    long long v;

    errno = 0;
    v = strtoll(text, &end, 10); /* which takes blanks of all kinds, and '+', in front */
    if (end == text || *end || !strchr("-0123456789", text[0]))
        return error_set(err, ERR_INVALID, "\"%.64s\" is not a whole number", text);
    if (errno || v < low || v > high)
        return error_set(err, ERR_INVALID, "%.64s is outside %lld to %lld", text,
                         (long long)low, (long long)high);
    *value = v;
    return true;
}

bool text_to_double(const char *text, double *value, struct error *err)
{
    static const struct {
        const char *name;
        double value;
    } names[] = {
        {"NaN",  NAN      },
        {"+Inf", INFINITY },
        {"Inf",  INFINITY },
        {"-Inf", -INFINITY},
    };
    char *end;
    double v;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcasecmp(text, names[i].name)) {
            *value = names[i].value;
            return true;
        }
    }
    /* strtod() also takes blanks, hex and "infinity", which nobody means here */
    if (!text[0] || text[strspn(text, "+-0123456789.eE")])
        return error_set(err, ERR_INVALID, "\"%.64s\" is not a number", text);
    v = strtod(text, &end); /* no program of ours calls setlocale() */
    if (end == text || *end)
        return error_set(err, ERR_INVALID, "\"%.64s\" is not a number", text);
    *value = v;
    return true;
}

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {
    {"y",  31536000000},
    {"w",  604800000  },
    {"d",  86400000   },
    {"h",  3600000    },
    {"m",  60000      },
    {"s",  1000       },
    {"ms", 1          },
};

/* The unit at p, the longest name first: "ms" is not "m". */
static const struct unit *unit_at(const char *p, size_t *len)
{
    const struct unit *found = NULL;

    *len = 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i].name);

        if (!strncmp(p, units[i].name, n) && n > *len) {
            found = &units[i];
            *len = n;
        }
    }
    return found;
}

bool text_to_duration(const char *text, int64_t *ms, struct error *err)
{
    const char *p = text;
    const struct unit *last = NULL;
    double total = 0;

    if (!strcmp(text, "0")) {
        *ms = 0;
        return true;
    }
    while (*p) {
        size_t digits = strspn(p, "0123456789.");
        char number[24];
        const struct unit *unit;
        size_t len;
        double v;
        struct error ignored;

        if (!digits || digits >= sizeof(number))
            break;
        memcpy(number, p, digits);
        number[digits] = '\0';
        unit = unit_at(p + digits, &len);
        if (!unit || (last && unit <= last) || !text_to_double(number, &v, &ignored))
            break;
        total += v * (double)unit->ms;
        last = unit;
        p += digits + len;
    }
    if (*p || !last || total > 3.2e15) /* a hundred thousand years */
        return error_set(err, ERR_INVALID,
                         "\"%.64s\" is not a duration such as 30s, 5m or 1h30m", text);
    *ms = (int64_t)llround(total);
    return true;
}

const char *text_from_duration(int64_t ms, char out[TEXT_DURATION_MAX])
{
    size_t len = 0;

    if (ms <= 0) {
        memcpy(out, "0s", sizeof("0s"));
        return out;
    }
    for (size_t i = 2; i < sizeof(units) / sizeof(units[0]); i++) { /* from days on */
        int64_t n = ms / units[i].ms;

        if (!n)
            continue;
        len += (size_t)snprintf(out + len, TEXT_DURATION_MAX - len, "%lld%s",
                                (long long)n, units[i].name);
        ms -= n * units[i].ms;
    }
    return out;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

size_t text_utf8_length(const char *bytes, size_t left)
{
    static const struct { /* Unicode 15, table 3-7 */
        unsigned char first_low, first_high, second_low, second_high;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *p = (const unsigned char *)bytes;

    for (size_t i = 0; left && i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t len = forms[i].len;

        if (p[0] < forms[i].first_low || p[0] > forms[i].first_high)
            continue;
        if (len > left)
            return 0;
        if (len > 1 && (p[1] < forms[i].second_low || p[1] > forms[i].second_high))
            return 0;
        for (size_t k = 2; k < len; k++)
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        return len;
    }
    return 0;
}

bool text_is_utf8(const char *bytes, size_t n)
{
    while (n) {
        size_t len = text_utf8_length(bytes, n);

        if (!len)
            return false;
        bytes += len;
        n -= len;
    }
    return true;
}

/* Length of the label at p, or 0. */
static size_t label_length(const char *p)
{
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return n && n <= 63 && p[0] != '-' && p[n - 1] != '-' ? n : 0;
}

bool text_is_dns_label(const char *text)
{
    size_t n = label_length(text);

    return n && !text[n];
}

bool text_is_dns_name(const char *text)
{
    const char *p = text;

    if (strlen(text) > 253)
        return false;
    for (;;) {
        size_t n = label_length(p);

        if (!n)
            return false;
        p += n;
        if (!*p)
            return true;
        if (*p++ != '.')
            return false;
    }
}

int text_index(const char *text, const char *const *list)
{
    for (int i = 0; list[i]; i++)
        if (!strcmp(text, list[i]))
            return i;
    return -1;
}

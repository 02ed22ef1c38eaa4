/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that hold one value: from JSON, checked, and back. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "route/record.h"

/* ---- reading --------------------------------------------------------------------- */

bool field_in_bounds(const struct field *f, double v)
{
    if (f->low == 0 && f->high == 0) /* no bounds were given */
        return true;
    return v <= f->high && (f->above_low ? v > f->low : v >= f->low);
}

/* "1.5 is outside 0 to 1" */
static bool outside(const struct field *f, double v, const struct place *at,
                    struct reading *r)
{
    char value[NUMBER_MAX];
    char low[NUMBER_MAX];
    char high[NUMBER_MAX];

    (void)number_format(v, value);
    (void)number_format(f->low, low);
    (void)number_format(f->high, high);
    if (f->above_low)
        return place_fail(at, r, "%s is not above %s and at most %s", value, low, high);
    return place_fail(at, r, "%s is outside %s to %s", value, low, high);
}

static bool read_string(const struct field *f, const struct json *j, char *to,
                        const struct place *at, struct reading *r)
{
    if (!json_is(j, JSON_STRING))
        return place_wrong_type(j, "a string", at, r);
    (void)snprintf(to, f->size, "%s", json_string(j, ""));
    return true;
}

static bool read_label(const struct field *f, const struct json *j, void *to,
                       const struct place *at, struct reading *r)
{
    if (json_is(j, JSON_STRING) && !text_is_dns_label(json_string(j, "")))
        return place_fail(at, r,
                          "\"%.80s\" is not a DNS label: 1 to 63 of a-z, 0-9 and '-', no "
                          "'-' at either end",
                          json_string(j, ""));
    return read_string(f, j, to, at, r);
}

static bool read_dns_name(const struct field *f, const struct json *j, void *to,
                          const struct place *at, struct reading *r)
{
    const char *s = json_string(j, "");

    if (json_is(j, JSON_STRING) && (s[0] || f->required) && !text_is_dns_name(s))
        return place_fail(at, r, "\"%.80s\" is not a DNS name", s);
    return read_string(f, j, to, at, r);
}

static bool read_number(const struct field *f, const struct json *j, void *to,
                        const struct place *at, struct reading *r)
{
    double v = json_number(j, NAN);

    if (!json_is(j, JSON_NUMBER))
        return place_wrong_type(j, "a number", at, r);
    if (!field_in_bounds(f, v))
        return outside(f, v, at, r);
    memcpy(to, &v, sizeof(v));
    return true;
}

static bool read_int(const struct field *f, const struct json *j, void *to,
                     const struct place *at, struct reading *r)
{
    double v = json_number(j, NAN);
    int64_t whole;

    if (!json_is(j, JSON_NUMBER))
        return place_wrong_type(j, "a whole number", at, r);
    if (!field_in_bounds(f, v))
        return outside(f, v, at, r);
    if (v != trunc(v) || fabs(v) > 9007199254740992.0) /* 2^53: exact in a double */
        return place_fail(at, r, "expected a whole number");
    whole = (int64_t)v;
    memcpy(to, &whole, f->size); /* little-endian: the low bytes come first */
    return true;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "read_int() rests on it");

/* As read_duration() reads it, which is without days. */
const char *duration_text(int64_t ms, char out[DURATION_TEXT_MAX])
{
    enum { HOUR_MS = 3600 * 1000 };
    char rest[TEXT_DURATION_MAX];
    int hours = (int)(ms / HOUR_MS);

    (void)text_from_duration(ms % HOUR_MS, rest);
    if (!hours)
        (void)snprintf(out, DURATION_TEXT_MAX, "%s", rest);
    else
        (void)snprintf(out, DURATION_TEXT_MAX, "%dh%s", hours, ms % HOUR_MS ? rest : "");
    return out;
}

/* Units h, m, s and ms only, as in the Gateway API, so that CEL's duration() reads what
 * we read. */
static bool read_duration(const struct field *f, const struct json *j, void *to,
                          const struct place *at, struct reading *r)
{
    const char *s = json_string(j, "");
    char low[DURATION_TEXT_MAX];
    char high[DURATION_TEXT_MAX];
    struct error ignored;
    int64_t ms;

    if (!json_is(j, JSON_STRING))
        return place_wrong_type(j, "a duration such as \"30s\"", at, r);
    if (s[strspn(s, "0123456789hms")] || strlen(s) > DURATION_LENGTH_MAX ||
        !text_to_duration(s, &ms, &ignored))
        return place_fail(at, r, "\"%.40s\" is not a duration such as 30s, 5m or 1h30m",
                          s);
    if (!field_in_bounds(f, (double)ms))
        return place_fail(at, r, "%s is outside %s to %s", s,
                          duration_text((int64_t)f->low, low),
                          duration_text((int64_t)f->high, high));
    memcpy(to, &ms, sizeof(ms));
    return true;
}

static bool read_time(const struct field *f, const struct json *j, void *to,
                      const struct place *at, struct reading *r)
{
    struct error why;
    int64_t ms;

    (void)f;
    if (!json_is(j, JSON_STRING))
        return place_wrong_type(j, "a time such as \"2026-01-31T12:00:00Z\"", at, r);
    if (!clock_parse(json_string(j, ""), &ms, &why))
        return place_fail(at, r, "%s", why.msg);
    if (ms <= 0) /* 0 means never */
        return place_fail(at, r, "%.40s is before 1970", json_string(j, ""));
    memcpy(to, &ms, sizeof(ms));
    return true;
}

/* The index of the word in f->words, or -1 and an error. */
static int read_word(const struct field *f, const struct json *j, const struct place *at,
                     struct reading *r)
{
    CLEANUP(buf_clear)
    struct buf choices = BUF_INIT(1024);
    const char *word = json_string(j, "");
    int found = json_is(j, JSON_STRING) ? text_index(word, f->words) : -1;

    if (found >= 0)
        return found;
    for (size_t i = 0; f->words[i]; i++)
        buf_printf(&choices, "%s%s", i ? ", " : "", f->words[i]);
    if (json_is(j, JSON_STRING))
        (void)place_fail(at, r, "\"%.40s\" is not one of %s", word, buf_str(&choices));
    else
        (void)place_wrong_type(j, "a string", at, r);
    return -1;
}

static bool read_enum(const struct field *f, const struct json *j, void *to,
                      const struct place *at, struct reading *r)
{
    int found = read_word(f, j, at, r);

    if (found < 0)
        return false;
    memcpy(to, &found, sizeof(found));
    return true;
}
_Static_assert(sizeof(enum route_mode) == sizeof(int), "read_enum() stores an int");

static bool read_text(const struct field *f, const struct json *j, void *to,
                      const struct place *at, struct reading *r)
{
    if (f->words && read_word(f, j, at, r) < 0)
        return false;
    return read_string(f, j, to, at, r);
}

static bool read_arm(const struct field *f, const struct json *j, void *to,
                     const struct place *at, struct reading *r)
{
    int arm;
    size_t index;

    (void)f;
    if (!json_is(j, JSON_STRING))
        return place_wrong_type(j, "a string", at, r);
    arm = route_arm_index(r->spec, json_string(j, ""));
    if (arm < 0)
        return place_fail(at, r, "\"%.80s\" is not an arm", json_string(j, ""));
    index = (size_t)arm;
    memcpy(to, &index, sizeof(index));
    return true;
}

static bool read_arm_weights(const struct field *f, const struct json *j, void *to,
                             const struct place *at, struct reading *r)
{
    double weights[ROUTE_ARMS_MAX] = {0};

    if (!json_is(j, JSON_OBJECT))
        return place_wrong_type(j, "an object of weights by arm", at, r);
    for (const struct json *c = json_first(j); c; c = json_next(c)) {
        struct place here = {.parent = at, .key = json_key(c)};
        int arm = route_arm_index(r->spec, json_key(c));

        if (arm < 0)
            return place_fail(&here, r, "not an arm");
        if (!read_number(f, c, &weights[arm], &here, r))
            return false;
    }
    memcpy(to, weights, sizeof(weights));
    return true;
}

/* ---- writing --------------------------------------------------------------------- */

static struct json *write_string(const struct field *f, const void *from,
                                 const struct route_spec *spec)
{
    const char *s = from;

    (void)f;
    (void)spec;
    return s[0] ? json_new_string(s) : NULL;
}

static struct json *write_number(const struct field *f, const void *from,
                                 const struct route_spec *spec)
{
    double v;

    (void)f;
    (void)spec;
    memcpy(&v, from, sizeof(v));
    return isfinite(v) ? json_new_number(v) : NULL;
}

static struct json *write_int(const struct field *f, const void *from,
                              const struct route_spec *spec)
{
    int64_t v = 0;

    (void)spec;
    memcpy(&v, from, f->size); /* little-endian; none of our integers is negative */
    return field_in_bounds(f, (double)v) ? json_new_number((double)v) : NULL;
}

static struct json *write_duration(const struct field *f, const void *from,
                                   const struct route_spec *spec)
{
    char text[DURATION_TEXT_MAX];
    int64_t ms;

    (void)f;
    (void)spec;
    memcpy(&ms, from, sizeof(ms));
    return json_new_string(duration_text(ms, text));
}

static struct json *write_time(const struct field *f, const void *from,
                               const struct route_spec *spec)
{
    char text[CLOCK_TEXT_MAX];
    int64_t ms;

    (void)f;
    (void)spec;
    memcpy(&ms, from, sizeof(ms));
    return ms ? json_new_string(clock_format(ms, text)) : NULL;
}

static struct json *write_enum(const struct field *f, const void *from,
                               const struct route_spec *spec)
{
    int v;

    (void)spec;
    memcpy(&v, from, sizeof(v));
    return json_new_string(f->words[v]);
}

static struct json *write_arm(const struct field *f, const void *from,
                              const struct route_spec *spec)
{
    size_t index;

    (void)f;
    memcpy(&index, from, sizeof(index));
    return json_new_string(spec->arms[index].name);
}

static struct json *write_arm_weights(const struct field *f, const void *from,
                                      const struct route_spec *spec)
{
    struct json *weights = json_new_object();
    double v[ROUTE_ARMS_MAX];

    (void)f;
    memcpy(v, from, sizeof(v));
    for (size_t i = 0; i < spec->arm_count; i++)
        if (v[i] > 0)
            json_put_number(weights, spec->arms[i].name, v[i]);
    return weights;
}

/* ---- the table ------------------------------------------------------------------- */

static const struct {
    bool (*read)(const struct field *f, const struct json *j, void *to,
                 const struct place *at, struct reading *r);
    struct json *(*write)(const struct field *f, const void *from,
                          const struct route_spec *spec);
} scalars[] = {
    [FIELD_LABEL] = {read_label,       write_string     },
    [FIELD_DNS_NAME] = {read_dns_name,    write_string     },
    [FIELD_TEXT] = {read_text,        write_string     },
    [FIELD_NUMBER] = {read_number,      write_number     },
    [FIELD_INT] = {read_int,         write_int        },
    [FIELD_DURATION] = {read_duration,    write_duration   },
    [FIELD_TIME] = {read_time,        write_time       },
    [FIELD_ENUM] = {read_enum,        write_enum       },
    [FIELD_ARM] = {read_arm,         write_arm        },
    [FIELD_ARM_WEIGHTS] = {read_arm_weights, write_arm_weights},
};

bool scalar_read(const struct field *f, const struct json *j, void *to,
                 const struct place *at, struct reading *r)
{
    return scalars[f->kind].read(f, j, to, at, r);
}

struct json *scalar_write(const struct field *f, const void *from,
                          const struct route_spec *spec)
{
    return scalars[f->kind].write(f, from, spec);
}

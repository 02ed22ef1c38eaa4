/* SPDX-License-Identifier: Apache-2.0 */
#include "json/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const true_words[] = {"true", "True", "TRUE", NULL};
static const char *const false_words[] = {"false", "False", "FALSE", NULL};

/* Words for numbers that JSON has no way to write. */
static const char *const odd_numbers[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
                                          ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
                                          "-.Inf", "-.INF", NULL};

static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* [-+]? ( \.[0-9]+ | [0-9]+ ( \.[0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_decimal(const char *p)
{
    size_t whole, fraction = 0;

    p += *p == '-' || *p == '+';
    whole = digits(p);
    p += whole;
    if (*p == '.') {
        fraction = digits(++p);
        p += fraction;
    }
    if (!whole && !fraction)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        if (!digits(p))
            return false;
        p += digits(p);
    }
    return !*p;
}

/* 0o17 or 0xff: the base, or 0 */
static int other_base(const char *text)
{
    static const struct {
        const char *prefix, *digits;
        int base;
    } forms[] = {
        {"0o", "01234567",               8 },
        {"0x", "0123456789abcdefABCDEF", 16},
    };

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        size_t n = text_starts_with(text, forms[i].prefix)
                       ? strspn(text + 2, forms[i].digits)
                       : 0;

        if (n && !text[2 + n])
            return forms[i].base;
    }
    return 0;
}

static struct json *number(const char *text, int base, struct error *err)
{
    double v;

    errno = 0;
    v = base ? (double)strtoull(text + 2, NULL, base) : strtod(text, NULL);
    if ((base && errno) || !isfinite(v)) {
        (void)error_set(err, ERR_INVALID, "the number %.40s is too large", text);
        return NULL;
    }
    return json_new_number(v);
}

/* What a scalar without quotes means; NULL with *err left alone: a string. */
static struct json *resolve(const char *text, struct error *err)
{
    int base = other_base(text);

    if (text_index(text, null_words) >= 0)
        return json_new_null();
    if (text_index(text, true_words) >= 0)
        return json_new_bool(true);
    if (text_index(text, false_words) >= 0)
        return json_new_bool(false);
    if (base || is_decimal(text))
        return number(text, base, err);
    if (text_index(text, odd_numbers) >= 0) {
        (void)error_set(err, ERR_INVALID, "%s is no number for us", text);
        return NULL;
    }
    return json_new_string(text);
}

struct json *yaml_scalar(const char *text, const char *tag, bool plain, struct error *err)
{
    static const struct {
        const char *tag;
        enum json_type type;
    } tags[] = {
        {"tag:yaml.org,2002:null",  JSON_NULL  },
        {"tag:yaml.org,2002:bool",  JSON_BOOL  },
        {"tag:yaml.org,2002:int",   JSON_NUMBER},
        {"tag:yaml.org,2002:float", JSON_NUMBER},
    };

    if (!tag)
        return plain ? resolve(text, err) : json_new_string(text);
    if (!strcmp(tag, "!") || !strcmp(tag, "tag:yaml.org,2002:str"))
        return json_new_string(text);
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        CLEANUP(json_freep)
        struct json *j = NULL;

        if (strcmp(tag, tags[i].tag) != 0)
            continue;
        j = resolve(text, err);
        if (j && json_type(j) != tags[i].type) {
            (void)error_set(err, ERR_INVALID, "\"%.40s\" is no %s", text,
                            json_type_name(tags[i].type));
            return NULL;
        }
        return STEAL(j);
    }
    (void)error_set(err, ERR_INVALID, "the tag %.80s is not supported", tag);
    return NULL;
}

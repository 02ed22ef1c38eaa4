/* SPDX-License-Identifier: Apache-2.0 */
#include "server/quick_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_TEXT_MAX = 63, /* as lib/json has it */
    EXACT_DIGITS = 15,    /* any such whole number is a double ... */
    EXACT_POWER = 22,     /* ... and so is any such power of ten: one rounding */
};

static inline const char *skip_blanks(const char *at)
{
    while ((unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* The place behind that character, or NULL when another one is next. */
static inline const char *expect(const char *at, char c)
{
    at = skip_blanks(at);
    return *at == c ? at + 1 : NULL;
}

static const char *expect_features(const char *at)
{
    static const char name[] = "\"features\"";

    at = skip_blanks(at);
    return strncmp(at, name, sizeof(name) - 1) == 0 ? at + sizeof(name) - 1 : NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *take_digits(const char *at, uint64_t *value)
{
    for (; is_digit(*at); at++)
        *value = *value * 10 + (uint64_t)(*at - '0'); /* past nineteen not asked for */
    return at;
}

static const char *take_exponent(const char *at, int *exponent)
{
    bool negative = *at == '-';
    int value = 0;

    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return NULL;
    for (; is_digit(*at); at++)
        if (value < 10000)
            value = value * 10 + (*at - '0');
    *exponent += negative ? -value : value;
    return at;
}

static double exact_value(uint64_t digits, int exponent)
{
    static const double powers[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double v = (double)digits;

    return exponent < 0 ? v / powers[-exponent] : v * powers[exponent];
}

/* A JSON number, to the letter, that a float can hold; NULL for anything else. */
static const char *take_number(const char *at, float *out)
{
    const char *begin = at;
    const char *first = at += *at == '-';
    uint64_t digits = 0;
    int exponent = 0;
    ptrdiff_t count;
    double v;

    if (!is_digit(*at) || (*at == '0' && is_digit(at[1])))
        return NULL;
    at = take_digits(at, &digits);
    count = at - first;
    if (*at == '.') {
        if (!is_digit(*++at))
            return NULL;
        first = at;
        at = take_digits(at, &digits);
        exponent = (int)(first - at);
        count -= exponent;
    }
    if (at - begin > NUMBER_TEXT_MAX)
        return NULL; /* before what was counted is used */
    if (*at == 'e' || *at == 'E') {
        at = take_exponent(at + 1, &exponent);
        if (!at || at - begin > NUMBER_TEXT_MAX)
            return NULL;
    }
    if (count <= EXACT_DIGITS && abs(exponent) <= EXACT_POWER)
        v = *begin == '-' ? -exact_value(digits, exponent)
                          : exact_value(digits, exponent);
    else
        v = strtod(begin, NULL); /* the locale is always "C" in our programs */
    if (!rows_holds(v))
        return NULL;
    *out = (float)v;
    return at;
}

bool quick_read(const char *text, size_t n, struct rows *rows)
{
    const char *at = expect(text, '{');

    if (!at || !(at = expect_features(at)) || !(at = expect(at, ':')) ||
        !(at = expect(at, '[')) || !rows_resize(rows, 1))
        return false;
    for (size_t i = 0; i < rows->width; i++) {
        if (i && !(at = expect(at, ',')))
            return false;
        at = take_number(skip_blanks(at), &rows->values[i]);
        if (!at)
            return false;
    }
    return (at = expect(at, ']')) && (at = expect(at, '}')) &&
           skip_blanks(at) == text + n;
}

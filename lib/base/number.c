/* SPDX-License-Identifier: Apache-2.0 */
/* Shortest digits by the method of R. Giulietti, "The Schubfach way to render doubles":
 * scale the value and the bounds of its rounding interval to integers by one 128-bit
 * power of ten, then look which of at most four candidates lie inside. No loop, no big
 * numbers, exact. */
#include "base/number.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "number_powers.h"

__extension__ typedef unsigned __int128 wide;

/* digits * 10^exponent, digits not divisible by ten. */
struct decimal {
    uint64_t digits;
    int exponent;
};

static int floor_log10_pow2(int e)
{
    return (e * 1262611) >> 22;
}

/* The same of 3/4 * 2^e. */
static int floor_log10_three_quarters_pow2(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

static int floor_log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* power * factor / 2^128, whose lowest bit also stands for everything cut off: good
 * enough to compare with integers, which is all that is done with it. */
static uint64_t scale(int power, uint64_t factor)
{
    wide low = (wide)powers[power - POWER_MIN].low * factor;
    wide high = (wide)powers[power - POWER_MIN].high * factor + (uint64_t)(low >> 64);

    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

static struct decimal without_trailing_zeros(uint64_t digits, int exponent)
{
    while (digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    return (struct decimal){digits, exponent};
}

/* The value is mantissa * 2^exponent. When the mantissa is that of a power of two, the
 * next smaller double is only half as far away as the next larger. */
static struct decimal shortest(uint64_t mantissa, int exponent, bool lower_is_closer)
{
    int k = lower_is_closer ? floor_log10_three_quarters_pow2(exponent)
                            : floor_log10_pow2(exponent);
    int shift = exponent + floor_log2_pow10(-k) + 1;
    uint64_t odd = mantissa & 1; /* the bounds belong to even mantissas */
    uint64_t value = scale(-k, (4 * mantissa) << shift);
    uint64_t low = scale(-k, (4 * mantissa - 2 + lower_is_closer) << shift) + odd;
    uint64_t high = scale(-k, (4 * mantissa + 2) << shift) - odd;
    uint64_t s = value / 4;
    bool down_fits, up_fits;

    if (s >= 10) { /* one digit less? */
        uint64_t ten = 10 * (s / 10);

        down_fits = low <= 4 * ten;
        up_fits = 4 * (ten + 10) <= high;
        if (down_fits != up_fits)
            return without_trailing_zeros(ten + (up_fits ? 10 : 0), k);
    }
    down_fits = low <= 4 * s;
    up_fits = 4 * (s + 1) <= high;
    if (down_fits != up_fits)
        return without_trailing_zeros(s + up_fits, k);
    /* Both or neither: the nearer one, the even one when they are equally near. */
    up_fits = value > 4 * s + 2 || (value == 4 * s + 2 && (s & 1));
    return without_trailing_zeros(s + up_fits, k);
}

static struct decimal decimal_of(double v)
{
    enum { FRACTION_BITS = 52, BIAS = 1075 };
    uint64_t bits, fraction;
    int exponent;

    memcpy(&bits, &v, sizeof(bits));
    fraction = bits & ((1ULL << FRACTION_BITS) - 1);
    exponent = (int)(bits >> FRACTION_BITS & 0x7FF);
    if (!exponent)
        return shortest(fraction, 1 - BIAS, false);
    return shortest(fraction | 1ULL << FRACTION_BITS, exponent - BIAS,
                    !fraction && exponent > 1);
}

/* How many decimal digits v has; 1 for zero. */
static size_t count_digits(uint64_t v)
{
    static const uint64_t powers_of_ten[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000U,
    };
    /* log10(2) is a little more than 1233 / 4096 */
    size_t guess = (size_t)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;

    return guess + (v >= powers_of_ten[guess]);
}

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

/* Eight digits, with zeros in front. The four divisions do not wait for each other. */
static void put_eight(char *out, uint32_t v)
{
    uint32_t high = v / 10000, low = v % 10000;

    memcpy(out, digit_pairs + (size_t)(high / 100) * 2, 2);
    memcpy(out + 2, digit_pairs + (size_t)(high % 100) * 2, 2);
    memcpy(out + 4, digit_pairs + (size_t)(low / 100) * 2, 2);
    memcpy(out + 6, digit_pairs + (size_t)(low % 100) * 2, 2);
}

/* The n decimal digits of v at out, without a NUL. */
static void put_n_digits(char *out, uint64_t v, size_t n)
{
    enum { EIGHT = 100000000 };
    uint32_t rest;

    for (; n > 8; n -= 8) {
        put_eight(out + n - 8, (uint32_t)(v % EIGHT));
        v /= EIGHT;
    }
    for (rest = (uint32_t)v; n >= 2; n -= 2) {
        memcpy(out + n - 2, digit_pairs + (size_t)(rest % 100) * 2, 2);
        rest /= 100;
    }
    if (n)
        out[0] = (char)('0' + rest);
}

/* Decimal digits of v at out, without a NUL; returns how many. */
static size_t put_digits(char *out, uint64_t v)
{
    size_t n = count_digits(v);

    put_n_digits(out, v, n);
    return n;
}

/* d.ddde+XX */
static size_t as_scientific(char *out, uint64_t digits, size_t n, int power)
{
    unsigned magnitude = (unsigned)(power < 0 ? -power : power);

    put_n_digits(out + 1, digits, n);
    out[0] = out[1];
    if (n > 1)
        out[1] = '.';
    n += n > 1;
    out[n++] = 'e';
    out[n++] = power < 0 ? '-' : '+';
    if (magnitude < 10)
        out[n++] = '0';
    return n + put_digits(out + n, magnitude);
}

/* Digits with a point at that place, zeros where none are. */
static size_t as_plain(char *out, uint64_t digits, size_t n, int power)
{
    if (power < 0) {                       /* 0.000ddd */
        size_t zeros = (size_t)-power + 1; /* and the point */

        memcpy(out, "0.0000", 6); /* as many as there are, see format() */
        put_n_digits(out + zeros, digits, n);
        return zeros + n;
    }
    if (n > (size_t)power + 1) { /* dd.ddd */
        size_t whole = (size_t)power + 1;

        put_n_digits(out + 1, digits, n);
        memmove(out, out + 1, whole);
        out[whole] = '.';
        return n + 1;
    }
    put_n_digits(out, digits, n);
    memset(out + n, '0', (size_t)power + 1 - n); /* dddd000 */
    return (size_t)power + 1;
}

/* precision 0: as many as there are digits. */
static size_t format(double v, int precision, char *out)
{
    struct decimal d = decimal_of(v);
    size_t n = count_digits(d.digits);
    int power = d.exponent + (int)n - 1; /* of the first digit */

    if (power < -4 || power >= (precision ? precision : (int)n))
        return as_scientific(out, d.digits, n, power);
    return as_plain(out, d.digits, n, power);
}

/* A sign where there is one; v becomes its magnitude. */
static size_t put_sign(double *v, char *out)
{
    if (!signbit(*v))
        return 0;
    *v = -*v;
    *out = '-';
    return 1;
}

size_t number_format(double v, char out[NUMBER_MAX])
{
    size_t n;

    assert(isfinite(v));
    n = put_sign(&v, out);
    if (v < 1e15 && v == (double)(uint64_t)v)
        n += put_digits(out + n, (uint64_t)v);
    else
        n += format(v, 0, out + n);
    out[n] = '\0';
    return n;
}

size_t number_format_canonical(double v, char out[NUMBER_MAX])
{
    enum { PLAIN_POWERS = 6 }; /* 100000.0, but 1e+06 */
    size_t n;

    assert(isfinite(v));
    n = put_sign(&v, out);
    if (v == 0)
        out[n++] = '0';
    else
        n += format(v, PLAIN_POWERS, out + n);
    out[n] = '\0';
    if (!strpbrk(out, ".e")) {
        memcpy(out + n, ".0", 3);
        n += 2;
    }
    return n;
}

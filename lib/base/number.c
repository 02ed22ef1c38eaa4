/* SPDX-License-Identifier: Apache-2.0 */
/* Shortest digits by the method of R. Giulietti, "The Schubfach way to render doubles":
 * scale the value and the bounds of its rounding interval to integers by one 128-bit
 * power of ten, then look which of at most four candidates lie inside. No loop, no big
 * numbers, exact. Nearly all numbers need only one of its three multiplications, and are
 * written without a branch on what they are. */
#include "base/number.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "number_powers.h"

__extension__ typedef unsigned __int128 wide;

/* The seventeen digits of a number, with zeros behind them, so that nothing depends on
 * how many there are, which no processor can guess. A byte of the first two is a digit;
 * the first of eight is the lowest byte. */
struct digits {
    uint64_t first, second, last; /* eight, eight, one */
    int power;                    /* of ten, of the first digit */
};

enum { EIGHT = 100000000, DIGITS_MAX = 17 };

static const uint64_t powers_of_ten[] = {
    1,
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
};

/* ---- digits of whole numbers ---------------------------------------------------------
 */

/* How many decimal digits v, below 10^17, has; 1 for zero. */
static size_t count_digits(uint64_t v)
{
    /* log10(2) is a little more than 1233 / 4096 */
    size_t guess = (size_t)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;

    return guess + ((v | 1) >= powers_of_ten[guess]);
}

/* A number is cut into two of four digits, each into two of two, each into two of one,
 * all at once in one word: v * 109951163 >> 40 is v / 10000, v * 10486 >> 20 is v / 100,
 * v * 103 >> 10 is v / 10. */
static inline uint64_t eight_digits(uint64_t v)
{
    uint64_t high = v * 109951163 >> 40;
    uint64_t fours = high | (v - 10000 * high) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007F0000007F;
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000F;

    return tens | (twos - 10 * tens) << 8;
}

/* v has sixteen digits. */
static inline struct digits sixteen_digits(uint64_t v, uint64_t last, int power)
{
    uint64_t high = v / EIGHT;

    return (struct digits){eight_digits(high), eight_digits(v - high * EIGHT), last,
                           power};
}

/* Of v, whose last digit stands for 10^exponent. */
static inline struct digits digits_of(uint64_t v, int exponent)
{
    size_t n = count_digits(v);
    uint64_t all = v * powers_of_ten[DIGITS_MAX - n];

    return sixteen_digits(all / 10, all % 10, exponent + (int)n - 1);
}

/* ---- shortest digits -----------------------------------------------------------------
 */

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

/* The value is mantissa * 2^exponent. When the mantissa is that of a power of two, the
 * next smaller double is only half as far away as the next larger. Rarely needed, and
 * kept out of the way of what is. */
__attribute__((cold, noinline)) static struct digits
shortest(uint64_t mantissa, int exponent, bool lower_is_closer)
{
    int k = lower_is_closer ? floor_log10_three_quarters_pow2(exponent)
                            : floor_log10_pow2(exponent);
    int shift = exponent + floor_log2_pow10(-k) + 1;
    uint64_t odd = mantissa & 1; /* the bounds belong to even mantissas */
    uint64_t value = scale(-k, (4 * mantissa) << shift);
    uint64_t low = scale(-k, (4 * mantissa - 2 + lower_is_closer) << shift) + odd;
    uint64_t high = scale(-k, (4 * mantissa + 2) << shift) - odd;
    uint64_t s = value / 4, ten = 10 * (s / 10);
    bool down_fits = low <= 4 * s, up_fits = 4 * (s + 1) <= high;
    bool ten_down_fits = low <= 4 * ten, ten_up_fits = 4 * (ten + 10) <= high;
    /* Both or neither: the nearer one, the even one when they are equally near. */
    bool nearer_is_up = value + (s & 1) > 4 * s + 2;
    bool up = up_fits == down_fits ? nearer_is_up : up_fits;

    s += up;
    if (s - up >= 10 && ten_down_fits != ten_up_fits) /* zero is no candidate */
        s = ten_up_fits ? ten + 10 : ten;
    return digits_of(s, k);
}

/* The same of a mantissa of 53 bits that is no power of two, by one multiplication; zeros
 * where that is not precise enough to tell, as when a bound is met exactly.
 *
 * The value is taken as a whole number of fifteen or sixteen digits and a fraction of 64
 * bits, off by less than two units. The rounding interval, of radius 0.05 to 0.5, holds
 * one of the two whole numbers next to the value, or else the nearest with one digit
 * more. That is a toss of a coin, and masks do not have to guess. */
static inline struct digits shortest_mostly(uint64_t mantissa, int exponent)
{
    enum { OFF = 2, TENTHS_OFF = 10 * OFF, CUT = 11 };
    const uint64_t sixteen = 1000000000000000;
    int k = floor_log10_pow2(exponent) + 1;
    int shift = exponent + floor_log2_pow10(-k) + 1; /* -3 to 0 */
    uint64_t high = powers[-k - POWER_MIN].high, factor = mantissa << (shift + CUT);
    wide low = (wide)powers[-k - POWER_MIN].low * factor;
    wide value = (wide)high * factor + (uint64_t)(low >> 64);
    uint64_t whole = (uint64_t)(value >> (64 + CUT)), above = (uint64_t)(value >> CUT);
    uint64_t below = ~above, radius = high >> (1 - shift);
    bool down = above < radius, up = below < radius;
    wide tenths = (wide)above * 10 + (1ULL << 63); /* rounded when they are cut off */
    uint64_t digit = (uint64_t)(tenths >> 64) & ((uint64_t)(down | up) - 1);
    uint64_t short_by_one;

    if (above - radius + OFF <= 2 * OFF || below - radius + OFF <= 2 * OFF ||
        (uint64_t)tenths + TENTHS_OFF <= 2 * TENTHS_OFF)
        return (struct digits){0};
    whole += up;
    short_by_one = -(uint64_t)(whole < sixteen);
    return sixteen_digits(whole + ((9 * whole + digit) & short_by_one),
                          digit & ~short_by_one, k + 15 + (int)short_by_one);
}

/* ---- digits as text ------------------------------------------------------------------
 */

/* How many up to the last that is not zero. */
static inline size_t significant(struct digits d)
{
    size_t n = d.second ? 16 - (size_t)__builtin_clzll(d.second) / 8
                        : 8 - (size_t)__builtin_clzll(d.first) / 8;

    return n + ((DIGITS_MAX - n) & -(size_t)(d.last != 0));
}

static inline void put_eight(char *out, uint64_t digits)
{
    uint64_t text = htole64(digits | 0x3030303030303030);

    memcpy(out, &text, sizeof(text));
}

/* All seventeen. */
static inline void put_digits(char *out, struct digits d)
{
    put_eight(out, d.first);
    put_eight(out + 8, d.second);
    out[16] = (char)('0' + d.last);
}

/* d.ddde+XX */
static size_t as_scientific(char *out, struct digits d, size_t n)
{
    unsigned magnitude = (unsigned)(d.power < 0 ? -d.power : d.power);

    put_digits(out + 1, d);
    out[0] = out[1];
    if (n > 1)
        out[1] = '.';
    n += n > 1;
    out[n++] = 'e';
    out[n++] = d.power < 0 ? '-' : '+';
    if (magnitude >= 100)
        out[n++] = (char)('0' + magnitude / 100);
    out[n++] = (char)('0' + magnitude / 10 % 10);
    out[n++] = (char)('0' + magnitude % 10);
    return n;
}

/* Digits with a point at that place, zeros where none are. */
static inline size_t as_plain(char *out, struct digits d, size_t n)
{
    size_t whole = (size_t)d.power + 1;
    uint64_t rest[2];

    if (d.power < 0) {                       /* 0.000ddd */
        size_t zeros = (size_t)-d.power + 1; /* and the point */

        memcpy(out, "0.0000", 6); /* as many as there are, see format() */
        put_digits(out + zeros, d);
        return zeros + n;
    }
    put_digits(out, d);
    if (n <= whole) /* dddd000 */
        return whole;
    memcpy(rest, out + whole, sizeof(rest)); /* dd.ddd */
    out[whole] = '.';
    memcpy(out + whole + 1, rest, sizeof(rest));
    return n + 1;
}

/* precision 0: as many as there are digits. */
static inline size_t as_text(char *out, struct digits d, int precision)
{
    size_t n = significant(d);

    if (d.power < -4 || d.power >= (precision ? precision : (int)n))
        return as_scientific(out, d, n);
    return as_plain(out, d, n);
}

/* ---- doubles -------------------------------------------------------------------------
 */

enum { FRACTION_BITS = 52, BIAS = 1075 };

/* A positive double. */
struct parts {
    uint64_t fraction;
    int exponent; /* 0: there is no bit above the fraction */
};

static inline struct parts parts_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return (struct parts){bits & ((1ULL << FRACTION_BITS) - 1),
                          (int)(bits >> FRACTION_BITS)};
}

/* Out of the way of format(), so that what is rarely needed costs nothing there. */
__attribute__((cold, noinline)) static size_t format_exactly(double v, int precision,
                                                             char *out)
{
    struct parts p = parts_of(v);
    bool normal = p.exponent > 0;

    return as_text(out,
                   shortest(p.fraction | (uint64_t)normal << FRACTION_BITS,
                            p.exponent - BIAS + !normal, !p.fraction && p.exponent > 1),
                   precision);
}

static size_t format(double v, int precision, char *out)
{
    struct parts p = parts_of(v);

    if (p.exponent && p.fraction) {
        struct digits d =
            shortest_mostly(p.fraction | 1ULL << FRACTION_BITS, p.exponent - BIAS);

        if (d.first)
            return as_text(out, d, precision);
    }
    return format_exactly(v, precision, out);
}

/* As it is, below 1e15; most are small, and of those most are 0 or 1. */
static size_t put_whole(char *out, uint64_t v)
{
    size_t n = count_digits(v);

    if (v < 10) {
        *out = (char)('0' + v);
    } else if (v < EIGHT) {
        put_eight(out, eight_digits(v * powers_of_ten[8 - n]));
    } else {
        struct digits d = digits_of(v, 0);

        put_digits(out, d);
    }
    return n;
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
    if (v < 1e15 && v == (double)(int64_t)v)
        n += put_whole(out + n, (uint64_t)v);
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

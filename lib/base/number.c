/* SPDX-License-Identifier: Apache-2.0 */
/* Shortest digits by the method of R. Giulietti, "The Schubfach way to render doubles":
 * scale the value and the bounds of its rounding interval to integers by one 128-bit
 * power of ten, then look which of at most four candidates lie inside. No loop, no big
 * numbers, exact. */
#include "base/number.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "number_powers.h"

__extension__ typedef unsigned __int128 wide;

/* digits * 10^exponent; digits may end in zeros. */
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
    uint64_t s = value / 4, ten = 10 * (s / 10);
    bool down_fits = low <= 4 * s, up_fits = 4 * (s + 1) <= high;
    bool ten_down_fits = low <= 4 * ten, ten_up_fits = 4 * (ten + 10) <= high;
    /* Both or neither: the nearer one, the even one when they are equally near. */
    bool nearer_is_up = value + (s & 1) > 4 * s + 2;
    bool up = (up_fits & !down_fits) | ((up_fits == down_fits) & nearer_is_up);
    /* One digit less does about as often as not, and which way to round nobody can guess
     * either: chosen without a branch. Zero is no candidate. */
    const uint64_t candidates[] = {s + up, ten + 10 * (uint64_t)ten_up_fits};

    return (struct decimal){candidates[(s >= 10) & (ten_down_fits != ten_up_fits)], k};
}

/* The same of a mantissa of 53 bits that is no power of two, by one multiplication; zero
 * digits where that is not precise enough to tell, as when a bound is met exactly.
 * Distances are in quarters of the last digit: 58 bits of them behind the point, off by
 * less than two units. */
static struct decimal shortest_mostly(uint64_t mantissa, int exponent)
{
    enum { POINT = 58, OFF = 2 };
    int k = floor_log10_pow2(exponent);
    int shift = exponent + floor_log2_pow10(-k) + 1;
    uint64_t high = powers[-k - POWER_MIN].high;
    wide low = (wide)powers[-k - POWER_MIN].low * ((4 * mantissa) << shift);
    wide value = (wide)high * ((4 * mantissa) << shift) + (uint64_t)(low >> 64);
    uint64_t s = (uint64_t)(value >> 66), ten = 10 * (s / 10);
    uint64_t radius = high >> (64 - POINT - 1 - shift); /* of the rounding interval */
    uint64_t above = (uint64_t)((value - ((wide)ten << 66)) >> (64 - POINT));
    uint64_t below = (40ULL << POINT) - above; /* the next number of one digit less */
    uint64_t rest = (uint64_t)(value >> 2) - (1ULL << 63); /* from the middle, mod 2^64 */
    uint64_t nearest = s + (rest < 1ULL << 63);
    /* The nearest is always inside. That one digit less is, too, is a toss of a coin, and
     * masks do not have to guess. The interval is too small for two of those. */
    uint64_t down = -(uint64_t)(above < radius), up = -(uint64_t)(below < radius);

    if (above - radius + OFF <= 2 * OFF || below - radius + OFF <= 2 * OFF ||
        rest + OFF <= 2 * OFF)
        return (struct decimal){0, 0};
    return (struct decimal){(ten & down) | ((ten + 10) & up) | (nearest & ~(down | up)),
                            k};
}

static struct decimal decimal_of(double v)
{
    enum { FRACTION_BITS = 52, BIAS = 1075 };
    uint64_t bits, fraction;
    int exponent;
    bool normal;

    memcpy(&bits, &v, sizeof(bits));
    fraction = bits & ((1ULL << FRACTION_BITS) - 1);
    exponent = (int)(bits >> FRACTION_BITS & 0x7FF);
    normal = exponent > 0;
    if (normal && fraction) {
        struct decimal d =
            shortest_mostly(fraction | 1ULL << FRACTION_BITS, exponent - BIAS);

        if (d.digits)
            return d;
    }
    return shortest(fraction | (uint64_t)normal << FRACTION_BITS,
                    exponent - BIAS + !normal, !fraction && exponent > 1);
}

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

/* How many decimal digits v, below 10^17, has; 1 for zero. */
static size_t count_digits(uint64_t v)
{
    /* log10(2) is a little more than 1233 / 4096 */
    size_t guess = (size_t)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;

    return guess + ((v | 1) >= powers_of_ten[guess]);
}

/* Always seventeen digits, so that nothing depends on how many there are, which no
 * processor can guess. A byte is a digit; the first of eight is the lowest byte. */
struct digits {
    uint64_t first, middle, last; /* one, eight, eight */
};

/* A number is cut into two of four digits, each into two of two, each into two of one,
 * all at once in one word: v * 10486 >> 20 is v / 100, v * 103 >> 10 is v / 10. */
static uint64_t eight_digits(uint64_t v)
{
    uint64_t fours = v / 10000 | (v % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007F0000007F;
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000F;

    return tens | (twos - 10 * tens) << 8;
}

/* Of v, which has n digits, with zeros behind them. */
static struct digits digits_of(uint64_t v, size_t n)
{
    uint64_t all = v * powers_of_ten[DIGITS_MAX - n];
    uint64_t high = all / EIGHT;

    return (struct digits){high / EIGHT, eight_digits(high % EIGHT),
                           eight_digits(all % EIGHT)};
}

/* Up to the last that is not zero. */
static size_t significant(const struct digits *d)
{
    if (d->last)
        return DIGITS_MAX - (size_t)__builtin_clzll(d->last) / 8;
    return d->middle ? DIGITS_MAX - 8 - (size_t)__builtin_clzll(d->middle) / 8 : 1;
}

static void put_eight(char *out, uint64_t digits)
{
    uint64_t text = htole64(digits | 0x3030303030303030);

    memcpy(out, &text, sizeof(text));
}

/* All seventeen. */
static void put_digits(char *out, const struct digits *d)
{
    out[0] = (char)('0' + d->first);
    put_eight(out + 1, d->middle);
    put_eight(out + 9, d->last);
}

/* d.ddde+XX */
static size_t as_scientific(char *out, const struct digits *d, size_t n, int power)
{
    unsigned magnitude = (unsigned)(power < 0 ? -power : power);

    put_digits(out + 1, d);
    out[0] = out[1];
    if (n > 1)
        out[1] = '.';
    n += n > 1;
    out[n++] = 'e';
    out[n++] = power < 0 ? '-' : '+';
    if (magnitude >= 100)
        out[n++] = (char)('0' + magnitude / 100);
    out[n++] = (char)('0' + magnitude / 10 % 10);
    out[n++] = (char)('0' + magnitude % 10);
    return n;
}

/* Digits with a point at that place, zeros where none are. */
static size_t as_plain(char *out, const struct digits *d, size_t n, int power)
{
    size_t whole = (size_t)power + 1;

    if (power < 0) {                       /* 0.000ddd */
        size_t zeros = (size_t)-power + 1; /* and the point */

        memcpy(out, "0.0000", 6); /* as many as there are, see format() */
        put_digits(out + zeros, d);
        return zeros + n;
    }
    if (n <= whole) { /* dddd000 */
        put_digits(out, d);
        return whole;
    }
    put_digits(out + 1, d); /* dd.ddd */
    memmove(out, out + 1, whole);
    out[whole] = '.';
    return n + 1;
}

/* precision 0: as many as there are digits. */
static size_t format(double v, int precision, char *out)
{
    struct decimal decimal = decimal_of(v);
    size_t n = count_digits(decimal.digits);
    int power = decimal.exponent + (int)n - 1; /* of the first digit */
    struct digits d = digits_of(decimal.digits, n);

    n = significant(&d);
    if (power < -4 || power >= (precision ? precision : (int)n))
        return as_scientific(out, &d, n, power);
    return as_plain(out, &d, n, power);
}

/* As it is, below 1e15; most are small. */
static size_t put_whole(char *out, uint64_t v)
{
    size_t n = count_digits(v);
    struct digits d;

    if (v < EIGHT) {
        put_eight(out, eight_digits(v * powers_of_ten[8 - n]));
        return n;
    }
    d = digits_of(v, n);
    put_digits(out, &d);
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

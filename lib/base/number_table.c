/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the table of powers of ten that number.c includes; runs while building.
 *
 * For each k the 128 highest bits of 10^k, rounded up: the smallest integer that is at
 * least 10^k * 2^s with s such that the top bit is set. Exact, by long arithmetic.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SMALLEST = -293, LARGEST = 324, LIMBS = 36, RESULT_BITS = 128 };

/* Little-endian; 10^324 has 1077 bits, and one more is needed for doubling. */
struct big {
    uint32_t limbs[LIMBS];
};

static void multiply(struct big *b, uint32_t by)
{
    uint64_t carry = 0;

    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)b->limbs[i] * by;
        b->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static struct big power_of_ten(int n)
{
    struct big b = {{1}};

    for (int i = 0; i < n; i++)
        multiply(&b, 10);
    return b;
}

static bool bit(const struct big *b, int i)
{
    return i >= 0 && (b->limbs[i / 32] >> (i % 32) & 1);
}

static int bit_length(const struct big *b)
{
    int n = LIMBS * 32;

    while (n && !bit(b, n - 1))
        n--;
    return n;
}

static bool at_least(const struct big *a, const struct big *b)
{
    for (int i = LIMBS - 1; i >= 0; i--)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] > b->limbs[i];
    return true;
}

static void subtract(struct big *a, const struct big *b)
{
    int64_t borrow = 0;

    for (int i = 0; i < LIMBS; i++) {
        borrow += (int64_t)a->limbs[i] - b->limbs[i];
        a->limbs[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
}

static void push_bit(uint64_t words[2], bool one)
{
    words[0] = words[0] << 1 | words[1] >> 63;
    words[1] = words[1] << 1 | one;
}

static void round_up(uint64_t words[2])
{
    if (!++words[1])
        words[0]++;
}

/* 10^n, cut behind its 128 highest bits. */
static void positive(int n, uint64_t words[2])
{
    struct big b = power_of_ten(n);
    int top = bit_length(&b);
    bool rest = false;

    for (int i = 0; i < RESULT_BITS; i++)
        push_bit(words, bit(&b, top - 1 - i));
    for (int i = 0; i < top - RESULT_BITS; i++)
        rest = rest || bit(&b, i);
    if (rest)
        round_up(words);
}

/* 10^-n, by long division of a power of two. */
static void negative(int n, uint64_t words[2])
{
    struct big divisor = power_of_ten(n);
    struct big rest = {{0}};
    int top = bit_length(&divisor) - 1;

    rest.limbs[top / 32] = 1U << (top % 32);
    for (int i = 0; i < RESULT_BITS; i++) {
        bool fits;

        multiply(&rest, 2);
        fits = at_least(&rest, &divisor);
        if (fits)
            subtract(&rest, &divisor);
        push_bit(words, fits);
    }
    round_up(words); /* a power of ten never divides a power of two */
}

int main(void)
{
    printf("/* Made by number_table.c. */\n"
           "enum { POWER_MIN = %d, POWER_MAX = %d };\n\n"
           "static const struct {\n    uint64_t high, low;\n} powers[] = {\n",
           SMALLEST, LARGEST);
    for (int k = SMALLEST; k <= LARGEST; k++) {
        uint64_t words[2] = {0, 0};

        if (k < 0)
            negative(-k, words);
        else
            positive(k, words);
        printf("    {0x%016" PRIx64 ", 0x%016" PRIx64 "}, /* 1e%d */\n", words[0],
               words[1], k);
    }
    printf("};\n");
    return 0;
}

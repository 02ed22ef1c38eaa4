/* SPDX-License-Identifier: Apache-2.0 */
#include "server/predict_answer.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

enum { DECIMALS = 7, SCALE = 10000000 };

static const char pairs[] = "00010203040506070809"
                            "10111213141516171819"
                            "20212223242526272829"
                            "30313233343536373839"
                            "40414243444546474849"
                            "50515253545556575859"
                            "60616263646566676869"
                            "70717273747576777879"
                            "80818283848586878889"
                            "90919293949596979899";

char *answer_text(char *at, const char *text, size_t n)
{
    memcpy(at, text, n);
    return at + n;
}

static char *write_whole(char *at, uint64_t v)
{
    char digits[20];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    while (n)
        *at++ = digits[--n];
    return at;
}

/* `places` digits, an odd number, of v behind a point, without the zeros at the end. Two
 * by two: each division waits for the one before. */
static char *write_fraction(char *at, uint32_t v, int places)
{
    if (!v)
        return at;
    *at = '.';
    for (int i = places; i > 1; i -= 2) {
        memcpy(at + i - 1, pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    at[1] = (char)('0' + v);
    at += places;
    while (*at == '0')
        at--;
    return at + 1;
}

char *answer_probability(char *at, float p)
{
    uint32_t scaled;

    if (!isfinite(p))
        return ANSWER_LITERAL(at, "null");
    if (!(p >= 0 && p <= 1))
        return at + number_format((double)p, at);
    scaled = (uint32_t)((double)p * SCALE + 0.5);
    *at++ = scaled == SCALE ? '1' : '0';
    return write_fraction(at, scaled % SCALE, DECIMALS);
}

char *answer_row(char *at, const struct served *s, const float *probabilities,
                 size_t predicted)
{
    const struct class_text *c = &s->classes[predicted];
    const char *confidence = at;
    size_t confidence_len = 0;

    at = answer_text(at, c->head, c->head_len);
    for (size_t i = 0; i < s->class_count; i++) {
        if (i)
            *at++ = ',';
        at = answer_text(at, s->classes[i].key, s->classes[i].key_len);
        if (i == predicted)
            confidence = at;
        at = answer_probability(at, probabilities[i]);
        if (i == predicted)
            confidence_len = (size_t)(at - confidence);
    }
    at = ANSWER_LITERAL(at, "},\"confidence\":");
    return answer_text(at, confidence, confidence_len);
}

char *answer_time(char *at, int64_t ns)
{
    uint64_t us = ns > 0 ? (uint64_t)ns / 1000 : 0;

    at = ANSWER_LITERAL(at, ",\"processing_time_ms\":");
    at = write_whole(at, us / 1000);
    return write_fraction(at, (uint32_t)(us % 1000), 3);
}

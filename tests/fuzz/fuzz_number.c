/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the bits of a double: its text reads back equal, has no digit too many, and
 * stays within its room. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t digits_in(const char *text)
{
    size_t n = 0, zeros = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && !n))
            continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros; /* at the end they only say how large it is */
}

static void check(double v)
{
    char text[NUMBER_MAX], canonical[NUMBER_MAX], rounded[64];
    size_t n = number_format(v, text), digits = digits_in(text);

    assert(n == strlen(text) && n < NUMBER_MAX);
    assert(strtod(text, NULL) == v && !signbit(v) == (*text != '-'));
    n = number_format_canonical(v, canonical);
    assert(n == strlen(canonical) && n < NUMBER_MAX);
    assert(strtod(canonical, NULL) == v && strpbrk(canonical, ".e"));
    assert(digits_in(canonical) == digits || fabs(v) >= 0x1p53);
    if (digits < 2 || (v == trunc(v) && fabs(v) < 1e15))
        return;
    (void)snprintf(rounded, sizeof(rounded), "%.*e", (int)digits - 2, v);
    assert(strtod(rounded, NULL) != v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (double v; size >= sizeof(v); data += sizeof(v), size -= sizeof(v)) {
        memcpy(&v, data, sizeof(v));
        if (isfinite(v))
            check(v);
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/base64url.h"

static const char alphabet[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_encode(const uint8_t *bytes, size_t n, char *out)
{
    char *at = out;

    for (; n >= 3; n -= 3, bytes += 3) {
        uint32_t three = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

        *at++ = alphabet[three >> 18];
        *at++ = alphabet[three >> 12 & 63];
        *at++ = alphabet[three >> 6 & 63];
        *at++ = alphabet[three & 63];
    }
    if (n) {
        uint32_t rest = (uint32_t)bytes[0] << 16 | (n == 2 ? (uint32_t)bytes[1] << 8 : 0);

        *at++ = alphabet[rest >> 18];
        *at++ = alphabet[rest >> 12 & 63];
        if (n == 2)
            *at++ = alphabet[rest >> 6 & 63];
    }
    return (size_t)(at - out);
}

/* The six bits that c stands for, or -1. */
static int bits_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

size_t base64url_decode(const char *text, size_t n, uint8_t *out, size_t size)
{
    uint32_t pending = 0; /* bits read and not yet written, the newest lowest */
    unsigned count = 0;
    size_t len = 0;

    if (n % 4 == 1)
        return 0;
    for (size_t i = 0; i < n; i++) {
        int six = bits_of(text[i]);

        if (six < 0)
            return 0;
        pending = pending << 6 | (uint32_t)six;
        count += 6;
        if (count < 8)
            continue;
        if (len == size)
            return 0;
        count -= 8;
        out[len++] = (uint8_t)(pending >> count);
        pending &= (1U << count) - 1;
    }
    return pending ? 0 : len;
}

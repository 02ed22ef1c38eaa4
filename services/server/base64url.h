/* SPDX-License-Identifier: Apache-2.0 */
/* base64url.h - bytes as URL-safe text without padding (RFC 4648, section 5). */
#ifndef SERVER_BASE64URL_H
#define SERVER_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/* Length of the text of n bytes, its NUL not counted. */
static inline size_t base64url_length(size_t n)
{
    return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

/* Write base64url_length(n) characters, no NUL; returns how many. */
size_t base64url_encode(const uint8_t *bytes, size_t n, char *out);

/* The number of bytes written, or 0 when the text is empty, too long for size, has a
 * foreign character, or is not what encoding gives (stray bits at the end): one id has
 * one spelling. */
size_t base64url_decode(const char *text, size_t n, uint8_t *out, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/say.h"

#include <string.h>

static size_t put(char *out, size_t room, const char *text)
{
    size_t n = text[0] ? strnlen(text, room) : 0;

    if (n == room) /* it may go on: do not part the bytes of a character */
        while (n > 0 && ((unsigned char)text[n] & 0xC0U) == 0x80U)
            n--;
    memcpy(out, text, n);
    return n;
}

void say(char *out, size_t size, const char *a, const char *b)
{
    size_t n = put(out, size - 1, a);

    n += put(out + n, size - 1 - n, b);
    out[n] = '\0';
}

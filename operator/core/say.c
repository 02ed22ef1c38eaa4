/* SPDX-License-Identifier: Apache-2.0 */
#include "core/say.h"

#include <string.h>

static size_t put(char *out, size_t room, const char *text)
{
    size_t n;

    if (!*text)
        return 0;
    n = strnlen(text, room);
    if (n == room) /* it may go on: do not part the bytes of a character */
        while (n > 0 && ((unsigned char)text[n] & 0xC0U) == 0x80U)
            n--;
    memcpy(out, text, n);
    return n;
}

void say_words(char *out, size_t size, struct sentence s)
{
    size_t n = put(out, size - 1, s.subject);

    n += put(out + n, size - 1 - n, s.predicate);
    out[n] = '\0';
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/base64.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static int digit(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Four characters become three bytes, less one for each '='. */
struct group {
    uint32_t bits;
    int have, padding;
};

static bool take(struct group *g, char c, struct buf *out)
{
    int value = digit(c);

    if (c == '=' && g->have >= 2)
        g->padding++;
    else if (value < 0 || g->padding)
        return false;
    g->bits = g->bits << 6 | (uint32_t)(value < 0 ? 0 : value);
    if (++g->have < 4)
        return true;
    for (int i = 0; i < 3 - g->padding; i++)
        buf_putc(out, (char)(g->bits >> (16 - 8 * i) & 0xff));
    g->have = 0;
    g->bits = 0;
    return true;
}

bool base64_decode(const char *text, struct buf *out, struct error *err)
{
    struct group g = {.have = 0};

    for (const char *p = text; *p; p++) {
        if (strchr(" \t\r\n", *p))
            continue;
        if ((g.padding && !g.have) || !take(&g, *p, out))
            return error_set(err, ERR_INVALID, "not base64 at character %zu",
                             (size_t)(p - text) + 1);
    }
    if (g.have)
        return error_set(err, ERR_INVALID, "not base64: it ends in the middle");
    if (!buf_ok(out))
        return error_set(err, ERR_TOO_BIG, "larger than %zu bytes", out->max);
    return true;
}

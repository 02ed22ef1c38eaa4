/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
    va_list args;

    err->kind = kind;
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    return false;
}

/* Put ": text" behind the first len bytes of the message, as far as there is room. */
static void add_behind(struct error *err, int len, const char *text)
{
    if (len < 0 || (size_t)len >= sizeof(err->msg))
        return;
    for (const char *p = ": "; *p && (size_t)len < sizeof(err->msg) - 1; p++)
        err->msg[len++] = *p;
    for (; *text && (size_t)len < sizeof(err->msg) - 1; text++)
        err->msg[len++] = *text;
    err->msg[len] = '\0';
}

bool error_wrap(struct error *err, const char *fmt, ...)
{
    char inner[sizeof(err->msg)];
    va_list args;
    int len;

    memcpy(inner, err->msg, sizeof(inner));
    va_start(args, fmt);
    len = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    add_behind(err, len, inner);
    return false;
}

bool error_errno(struct error *err, int errnum, const char *fmt, ...)
{
    char text[128];
    va_list args;
    int len;

    err->kind = errnum == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    va_start(args, fmt);
    len = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    if (strerror_r(errnum, text, sizeof(text)))
        (void)snprintf(text, sizeof(text), "errno %d", errnum);
    add_behind(err, len, text);
    return false;
}

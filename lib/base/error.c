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

bool error_wrap(struct error *err, const char *fmt, ...)
{
    char inner[sizeof(err->msg)];
    va_list args;
    int len;

    memcpy(inner, err->msg, sizeof(inner));
    va_start(args, fmt);
    len = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof(err->msg))
        (void)snprintf(err->msg + len, sizeof(err->msg) - (size_t)len, ": %s", inner);
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
    if (len >= 0 && (size_t)len < sizeof(err->msg))
        (void)snprintf(err->msg + len, sizeof(err->msg) - (size_t)len, ": %s", text);
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - why an operation failed.
 *
 * A function that can fail takes `struct error *err` as its last argument and returns
 * true, or a non-NULL pointer, on success. It writes *err only when it fails. The caller
 * owns the struct, usually on its stack; nothing in it is allocated, so there is nothing
 * to release and no failing while failing.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* A kind exists only if some caller acts on it. */
enum error_kind {
    ERR_INVALID, /* the input is wrong; trying again will not help */
    ERR_NOT_FOUND,
    ERR_CONFLICT, /* somebody changed it first; read again and retry */
    ERR_EXPIRED,  /* that version is gone; list again */
    ERR_TOO_BIG,
    ERR_TIMEOUT,
    ERR_CANCELED,
    ERR_IO, /* anything else; retry with back-off */
};

struct error {
    enum error_kind kind;
    char msg[512];
};

/* Set *err. Always false, so that: return error_set(err, ERR_IO, "..."); */
bool error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "context: " in front, keep the kind. Always false. */
bool error_wrap(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Like error_set(), with ": <text of errno>" behind the message. ENOENT gives
 * ERR_NOT_FOUND, anything else ERR_IO. */
bool error_errno(struct error *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

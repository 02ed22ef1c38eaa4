/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - one line per event on standard error, as logfmt or JSON.
 * A line is UTF-8 and at most 16 KiB long, whatever the fields hold: bytes that are no
 * text become U+FFFD, a long text is cut.
 *
 * Libraries do not log; a program logs an error once, where it decides what to do about
 * it. Messages are constant text, so that they can be searched for; what varies goes into
 * fields:
 *
 *     log_warn("decision held", LOG_STR("route", name), LOG_STR("reason", why));
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_field {
    const char *key;
    enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_NUM } kind;
    const char *str;
    int64_t integer;
    double num;
};

/* clang-format off */
#define LOG_STR(k, v) {.key = (k), .kind = LOG_FIELD_STR, .str = (v)}
#define LOG_INT(k, v) {.key = (k), .kind = LOG_FIELD_INT, .integer = (int64_t)(v)}
#define LOG_NUM(k, v) {.key = (k), .kind = LOG_FIELD_NUM, .num = (v)}
#define LOG_END       {.key = NULL}
/* clang-format on */

/* "debug", "info", "warn", "error"; "logfmt", "json". Call before threads start. */
bool log_setup(const char *level, const char *format, struct error *err);

/* The fields end with LOG_END. */
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

#define LOG_AT(level, msg, ...) \
    log_write((level), (msg), (const struct log_field[]){__VA_ARGS__})
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__, LOG_END)
#define log_info(...)  LOG_AT(LOG_INFO, __VA_ARGS__, LOG_END)
#define log_warn(...)  LOG_AT(LOG_WARN, __VA_ARGS__, LOG_END)
#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__, LOG_END)

#endif

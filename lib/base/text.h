/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - checked numbers, durations and sizes from text, whatever the locale.
 *
 * Errors name the text and what was expected, not where it came from: wrap them.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The whole of the text must be the number. */
bool text_to_int(const char *text, int64_t low, int64_t high, int64_t *value,
                 struct error *err);

/* A decimal number, "NaN", "+Inf" or "-Inf" (any case). */
bool text_to_double(const char *text, double *value, struct error *err);

/* A Prometheus or Go duration: "30s", "1h30m", "250ms", "0". Units y w d h m s ms. */
bool text_to_duration(const char *text, int64_t *ms, struct error *err);

enum { TEXT_DURATION_MAX = 48 };

/* The shortest form text_to_duration() reads back equal: "1m30s", "0s". */
const char *text_from_duration(int64_t ms, char out[TEXT_DURATION_MAX]);

bool text_starts_with(const char *text, const char *prefix);

/* Length of the well-formed UTF-8 sequence there, 1 to 4, or 0 when there is none within
 * the bytes left. */
size_t text_utf8_length(const char *bytes, size_t left);

/* True when the n bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool text_is_utf8(const char *bytes, size_t n);

/* A DNS label: 1 to 63 of a-z, 0-9 and '-', with no '-' at either end. */
bool text_is_dns_label(const char *text);

/* A DNS subdomain: labels joined by '.', at most 253 bytes. */
bool text_is_dns_name(const char *text);

/* Index of text in the NULL-terminated list, or -1. */
int text_index(const char *text, const char *const *list);

#endif

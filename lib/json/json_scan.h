/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - is this text JSON, to the letter of RFC 8259? Private to lib/json.
 *
 * cJSON builds the tree but is lenient: it takes raw control characters, leading zeros,
 * ill-formed UTF-8 and "\u0000", which would end a C string early. So the text is scanned
 * first, which also gives errors that say where.
 */
#ifndef JSON_JSON_SCAN_H
#define JSON_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    JSON_DEPTH_MAX = 100,      /* nested arrays and objects */
    JSON_SIZE_MAX = 64 << 20,  /* bytes of a document */
    JSON_NUMBER_TEXT_MAX = 63, /* cJSON cuts longer ones */
};

bool json_scan(const char *text, size_t n, struct error *err);

/* Set *err to "line 3, column 7: what", for the value that is number `ordinal` in the
 * order of the text, the whole document being 0. The text has passed json_scan(). False.
 */
bool json_scan_fault(const char *text, size_t n, size_t ordinal, const char *what,
                     struct error *err);

#endif

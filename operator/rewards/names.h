/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - each distinct string once, as a small number.
 *
 * A fleet's answer repeats few names in many series; numbers make its keys small.
 */
#ifndef REWARDS_NAMES_H
#define REWARDS_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names {
    char *text; /* all strings, each with its NUL */
    size_t text_len, text_cap;
    uint32_t *offsets; /* of string i in text */
    uint32_t count, offsets_cap;
    uint32_t *slots; /* open addressing: number + 1, or 0 */
    uint32_t slot_count;
};

#define NAMES_NONE UINT32_MAX /* no such string */

/* A zeroed struct is an empty set. */
void names_clear(struct names *n);

/* The number of the string, which is added when it is new. */
uint32_t names_add(struct names *n, const char *s);

/* The number of the string, or NAMES_NONE. */
uint32_t names_find(const struct names *n, const char *s);

#endif

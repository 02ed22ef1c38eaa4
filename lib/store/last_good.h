/* SPDX-License-Identifier: Apache-2.0 */
/* last_good.h - an object as it was when it was last good, to come back to should it
 * become wrong.
 *
 * Hardly ever needed and kept of every object, so it is kept small: as JSON, compressed
 * with a dictionary of what every BanditRoute says. A tenth of the text, a hundredth of
 * the struct.
 */
#ifndef STORE_LAST_GOOD_H
#define STORE_LAST_GOOD_H

#include "json/json.h"

struct last_good;

/* Release: free(). NULL when it is too large, of 4 MB and more. */
struct last_good *last_good_new(const struct json *object);

/* The object again; NULL of NULL. */
struct json *last_good_read(const struct last_good *g);

#endif

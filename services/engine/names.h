/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - lists of names in a model's metadata, as JSON arrays of strings. */
#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "engine/pool.h"

/* Just `count` names that are not empty. */
bool names_parse(const char *json, struct pool *pool, const char **names, size_t count,
                 struct error *err);

/* Names become label values: two equal ones would become one series. */
bool names_differ(const char *const *names, size_t count, struct error *err);

void names_write(const char *const *names, size_t count, struct buf *out);

#endif

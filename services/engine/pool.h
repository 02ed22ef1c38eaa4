/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - memory that is released all at once, with a ceiling.
 *
 * What a model file makes the engine allocate comes from a pool, so that no file, however
 * it was made, costs more than the ceiling.
 */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include <stddef.h>

#include "base/error.h"

struct pool_piece;

struct pool {
    struct pool_piece *pieces;
    size_t left; /* bytes that may still be taken */
};

/* clang-format off */
#define POOL_INIT(max_bytes) {.pieces = NULL, .left = (max_bytes)}
/* clang-format on */

void pool_clear(struct pool *p);

/* Zeroed; NULL and ERR_TOO_BIG past the ceiling. Not NULL for no elements. */
void *pool_alloc(struct pool *p, size_t count, size_t size, struct error *err);

/* The n bytes and a NUL. */
char *pool_text(struct pool *p, const void *bytes, size_t n, struct error *err);

#endif

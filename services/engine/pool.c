/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pool_piece {
    _Alignas(max_align_t) struct pool_piece *next;
    unsigned char bytes[];
};

void pool_clear(struct pool *p)
{
    while (p->pieces) {
        struct pool_piece *next = p->pieces->next;

        free(p->pieces);
        p->pieces = next;
    }
}

void *pool_alloc(struct pool *p, size_t count, size_t size, struct error *err)
{
    struct pool_piece *piece = NULL;
    size_t room = p->left > sizeof(*piece) ? p->left - sizeof(*piece) : 0;

    if (room && count <= room / size)
        piece = mem_try_alloc(1, sizeof(*piece) + count * size);
    if (!piece) {
        (void)error_set(err, ERR_TOO_BIG, "the model needs more memory than allowed");
        return NULL;
    }
    p->left -= sizeof(*piece) + count * size;
    piece->next = p->pieces;
    p->pieces = piece;
    return piece->bytes;
}

char *pool_text(struct pool *p, const void *bytes, size_t n, struct error *err)
{
    char *text = pool_alloc(p, n + 1, 1, err);

    if (text && n)
        memcpy(text, bytes, n);
    return text;
}

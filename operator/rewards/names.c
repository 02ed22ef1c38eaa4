/* SPDX-License-Identifier: Apache-2.0 */
#include "rewards/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_SLOTS = 64, FIRST_TEXT = 1024 };

void names_clear(struct names *n)
{
    free(n->text);
    free(n->offsets);
    free(n->slots);
    *n = (struct names){.count = 0};
}

/* The slot that holds the string, or the free one where it belongs. */
static uint32_t slot_of(const struct names *n, const char *s)
{
    uint32_t mask = n->slot_count - 1;
    uint32_t at = (uint32_t)hash_text(HASH_SEED, s) & mask;

    while (n->slots[at] && strcmp(n->text + n->offsets[n->slots[at] - 1], s) != 0)
        at = (at + 1) & mask;
    return at;
}

/* Keep the slots at most half full, so that probes stay short. */
static void make_room(struct names *n)
{
    if (n->slot_count && n->count < n->slot_count / 2)
        return;
    n->slot_count = n->slot_count ? n->slot_count * 2 : FIRST_SLOTS;
    free(n->slots);
    n->slots = mem_alloc(n->slot_count, sizeof(*n->slots));
    for (uint32_t i = 0; i < n->count; i++)
        n->slots[slot_of(n, n->text + n->offsets[i])] = i + 1;
}

static uint32_t append(struct names *n, const char *s)
{
    size_t size = strlen(s) + 1;

    if (n->count == n->offsets_cap) {
        n->offsets_cap = n->offsets_cap ? n->offsets_cap * 2 : FIRST_SLOTS;
        n->offsets = mem_resize(n->offsets, n->offsets_cap, sizeof(*n->offsets));
    }
    while (n->text_len + size > n->text_cap) {
        n->text_cap = n->text_cap ? n->text_cap * 2 : FIRST_TEXT;
        n->text = mem_resize(n->text, n->text_cap, 1);
    }
    memcpy(n->text + n->text_len, s, size);
    n->offsets[n->count] = (uint32_t)n->text_len;
    n->text_len += size;
    return n->count++;
}

uint32_t names_add(struct names *n, const char *s)
{
    uint32_t at;

    make_room(n);
    at = slot_of(n, s);
    if (!n->slots[at])
        n->slots[at] = append(n, s) + 1;
    return n->slots[at] - 1;
}

uint32_t names_find(const struct names *n, const char *s)
{
    uint32_t at = n->slot_count ? slot_of(n, s) : 0;

    return n->slot_count && n->slots[at] ? n->slots[at] - 1 : NAMES_NONE;
}

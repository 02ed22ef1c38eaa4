/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/deck.h"

#include <stdlib.h>

#include "base/mem.h"

void deck_init(struct deck *d, size_t n)
{
    *d = (struct deck){.cards = mem_alloc(n, sizeof(*d->cards)), .count = n, .left = n};
    for (size_t i = 0; i < n; i++)
        d->cards[i] = i;
}

void deck_clear(struct deck *d)
{
    free(d->cards);
    *d = (struct deck){.cards = NULL};
}

/* A Fisher-Yates shuffle, one step at a time: those drawn gather at the end. */
size_t deck_draw(struct deck *d, struct random *r)
{
    size_t i;
    size_t card;

    if (!d->left)
        d->left = d->count;
    i = (size_t)random_below(r, d->left);
    card = d->cards[i];
    d->left--;
    d->cards[i] = d->cards[d->left];
    d->cards[d->left] = card;
    return card;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* deck.h - the numbers 0 to n-1 in random order, shuffled anew each time all have come.
 */
#ifndef TRAFFIC_DECK_H
#define TRAFFIC_DECK_H

#include <stddef.h>

#include "base/random.h"

struct deck {
    size_t *cards;
    size_t count, left;
};

void deck_init(struct deck *d, size_t n);
void deck_clear(struct deck *d);

size_t deck_draw(struct deck *d, struct random *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* suggest.h - the known word that somebody most likely meant. */
#ifndef ROUTE_SUGGEST_H
#define ROUTE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* Keeps the best of the words it is shown; .word is NULL while none is near enough. */
struct suggestion {
    const char *given;
    const char *word;
    size_t distance;
};

void suggest(struct suggestion *s, const char *known);

#endif

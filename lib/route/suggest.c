/* SPDX-License-Identifier: Apache-2.0 */
#include "route/suggest.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 40 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance, one row of the table at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t columns = strlen(b);

    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[columns];
}

void suggest(struct suggestion *s, const char *known)
{
    size_t d;

    if (strlen(s->given) > WORD_MAX || strlen(known) > WORD_MAX)
        return;
    d = strcasecmp(s->given, known) ? distance(s->given, known) : 0;
    /* half of a word may be wrong; beyond that it is another word */
    if (d > 2 || 2 * d > strlen(known) || (s->word && d >= s->distance))
        return;
    s->word = known;
    s->distance = d;
}

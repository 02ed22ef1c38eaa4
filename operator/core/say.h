/* SPDX-License-Identifier: Apache-2.0 */
/* say.h - sentences into arrays of fixed size. Private to the core, which makes millions
 * of them a second when it simulates; printf() would take longer than deciding. */
#ifndef CORE_SAY_H
#define CORE_SAY_H

#include <stddef.h>

/* "svm", " leads: ..."; either may be empty. */
struct sentence {
    const char *subject, *predicate;
};

static const struct sentence silence = {"", ""};

static inline struct sentence quote(const char *text)
{
    return (struct sentence){text, ""};
}

void say_words(char *out, size_t size, struct sentence s);

/* What does not fit is cut, between characters. Most conditions have nothing to say. */
static inline void say(char *out, size_t size, struct sentence s)
{
    if (*s.subject || *s.predicate)
        say_words(out, size, s);
    else
        *out = '\0';
}

#endif

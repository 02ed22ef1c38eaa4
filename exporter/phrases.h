/* SPDX-License-Identifier: Apache-2.0 */
/* phrases.h - the text that the samples of all objects share, made once. */
#ifndef EXPORTER_PHRASES_H
#define EXPORTER_PHRASES_H

#include "exporter/catalogue.h"
#include "metrics/exposition.h"
#include "route/route.h"

enum { PHRASES_STATES_MAX = 5, PHRASES_STATUSES = CONDITION_TRUE + 1 };

struct phrases {
    struct exposition_text headers[EXPOSITION_COUNT][FAMILY_COUNT]; /* metadata lines */
    struct exposition_text names[FAMILY_COUNT];                     /* of the samples */
    /* The label that tells a state: of a state set, and of a condition. */
    struct exposition_text states[FAMILY_COUNT][PHRASES_STATES_MAX];
    struct exposition_text conditions[CONDITION_COUNT][PHRASES_STATUSES];
};

/* Any thread; never freed. */
const struct phrases *phrases_get(void);

#endif

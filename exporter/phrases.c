/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/phrases.h"

#include <assert.h>
#include <pthread.h>

enum { PHRASE_MAX = 4096 };

static struct phrases phrases;

static struct exposition_text keep(struct buf *b)
{
    size_t len = b->len;

    assert(buf_ok(b));
    return (struct exposition_text){buf_take(b), len};
}

static void describe(enum family family)
{
    const struct metric_desc *d = &object_metrics[family];
    struct buf b = BUF_INIT(PHRASE_MAX);

    for (size_t e = 0; e < EXPOSITION_COUNT; e++) {
        exposition_header(&b, (enum exposition)e, d);
        phrases.headers[e][family] = keep(&b);
    }
    exposition_sample_name(&b, d);
    phrases.names[family] = keep(&b);
    for (size_t i = 0; d->states && d->states[i]; i++) {
        assert(i < PHRASES_STATES_MAX);
        exposition_label(&b, d->name, d->states[i]);
        phrases.states[family][i] = keep(&b);
    }
}

static void describe_condition(enum condition_type type)
{
    static const char *const statuses[PHRASES_STATUSES] = {
        [CONDITION_TRUE] = "true",
        [CONDITION_FALSE] = "false",
        [CONDITION_UNKNOWN] = "unknown",
    };
    struct buf b = BUF_INIT(PHRASE_MAX);

    for (size_t i = 0; i < PHRASES_STATUSES; i++) {
        exposition_label(&b, "condition", condition_name(type));
        buf_putc(&b, ',');
        exposition_label(&b, "status", statuses[i]);
        phrases.conditions[type][i] = keep(&b);
    }
}

static void make(void)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        describe((enum family)i);
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        describe_condition((enum condition_type)i);
}

const struct phrases *phrases_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, make);
    return &phrases;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exemplar.h"

#include <sched.h>
#include <string.h>

#include "base/text.h"
#include "metrics/exposition.h"

/* A scrape takes one exemplar of each place, so more than one a second is never seen. */
enum { STAYS_MS = 1000 };

void exemplar_init(struct exemplar *e, const struct metric_desc *d)
{
    e->desc = d;
}

bool exemplar_due(const struct exemplar *e, int64_t wall_ms)
{
    int64_t before = atomic_load_explicit(&e->wall_ms, memory_order_relaxed);

    /* Both ways, as the wall clock may be set back. */
    return !wall_ms || !before || wall_ms - before >= STAYS_MS ||
           before - wall_ms >= STAYS_MS;
}

static size_t characters(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Whether OpenMetrics allows them; nothing is cut, for half a trace id finds no trace. */
static bool fits(const struct metric_desc *d, const char *const *values)
{
    size_t count = 0;

    for (size_t i = 0; i < METRIC_EXEMPLAR_LABELS && d->exemplar[i]; i++) {
        size_t n = values[i] ? strlen(values[i]) : 0;

        if (!n)
            continue;
        if (n > EXEMPLAR_BYTES || !text_is_utf8(values[i], n))
            return false;
        count += strlen(d->exemplar[i]) + characters(values[i], n);
    }
    return count <= EXEMPLAR_CHARACTERS;
}

void exemplar_offer(struct exemplar *e, double v, const char *const *values,
                    int64_t wall_ms)
{
    char *at = e->values;

    if (!exemplar_due(e, wall_ms) || !fits(e->desc, values) ||
        atomic_exchange_explicit(&e->busy, true, memory_order_acquire))
        return;
    for (size_t i = 0; i < METRIC_EXEMPLAR_LABELS && e->desc->exemplar[i]; i++) {
        size_t n = values[i] ? strlen(values[i]) : 0;

        if (n)
            memcpy(at, values[i], n);
        at[n] = '\0';
        at += n + 1;
    }
    e->value = v;
    e->set = true;
    atomic_store_explicit(&e->wall_ms, wall_ms, memory_order_relaxed);
    atomic_store_explicit(&e->busy, false, memory_order_release);
}

static void write(const struct exemplar *e, struct buf *out)
{
    const char *value = e->values;
    int64_t wall_ms = atomic_load_explicit(&e->wall_ms, memory_order_relaxed);
    const char *separator = " # {";

    for (size_t i = 0; i < METRIC_EXEMPLAR_LABELS && e->desc->exemplar[i]; i++) {
        if (*value) {
            buf_puts(out, separator);
            exposition_label(out, e->desc->exemplar[i], value);
            separator = ",";
        }
        value += strlen(value) + 1;
    }
    if (*separator != ',')
        buf_puts(out, separator);
    buf_puts(out, "} ");
    exposition_value(out, e->value);
    if (wall_ms) {
        buf_putc(out, ' ');
        exposition_value(out, (double)wall_ms / 1000);
    }
}

void exemplar_text(struct exemplar *e, struct buf *out)
{
    while (atomic_exchange_explicit(&e->busy, true, memory_order_acquire))
        (void)sched_yield();
    if (e->set)
        write(e, out);
    atomic_store_explicit(&e->busy, false, memory_order_release);
}

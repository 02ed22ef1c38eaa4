/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/event_series.h"

void event_series_note(struct event_series *s, int64_t now_ms)
{
    s->count++;
    s->last_ms = now_ms;
}

enum event_step event_series_next(const struct event_series *s, int64_t now_ms)
{
    bool silent = now_ms - s->last_ms >= EVENT_FINISH_MS;

    if (!s->told_count)
        return EVENT_POST;
    if (s->count == s->told_count)
        return silent ? EVENT_OVER : EVENT_NOTHING;
    /* That it repeats at all is told at once; how often, now and then, and at the end. */
    if (s->told_count == 1 || silent || now_ms - s->told_ms >= EVENT_REFRESH_MS)
        return EVENT_PATCH;
    return EVENT_NOTHING;
}

void event_series_told(struct event_series *s, int64_t count, int64_t now_ms)
{
    s->told_count = count;
    s->told_ms = now_ms;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/event_book.h"

#include <stdlib.h>

static void happening_free(void *value)
{
    struct happening *h = value;

    json_free(h->event);
    free(h->name);
    free(h->namespace);
    free(h);
}

void event_book_init(struct event_book *b, int64_t now_ms, event_tell_fn *tell, void *arg)
{
    *b = (struct event_book){
        .known = KUBE_TABLE_INIT(happening_free),
        .rate = RATE_INIT_MS(EVENT_INTERVAL_MS, EVENT_BURST),
        .sweep_ms = now_ms + EVENT_SWEEP_MS,
        .tell = tell,
        .arg = arg,
    };
}

void event_book_clear(struct event_book *b)
{
    kube_table_clear(&b->known);
}

int64_t event_book_ready_ms(const struct event_book *b, int64_t now_ms)
{
    return rate_ready_ms(&b->rate, now_ms);
}

/* False: forget it. */
static bool take_step(struct event_book *b, struct happening *h, enum event_step step,
                      int64_t now_ms)
{
    int64_t count = h->series.count;

    if (step == EVENT_OVER || step == EVENT_NOTHING)
        return step == EVENT_NOTHING;
    rate_take(&b->rate, now_ms);
    if (!b->tell(b->arg, h, step))
        return false;
    json_free(STEAL(h->event)); /* of thousands that is megabytes */
    event_series_told(&h->series, step == EVENT_POST ? 1 : count, now_ms);
    return true;
}

static struct happening *begin(struct event_book *b, const char *key, struct json *event)
{
    const struct json *metadata = json_get(event, "metadata");
    struct happening *h = mem_alloc(1, sizeof(*h));

    if (b->known.count >= EVENT_SERIES_MAX)
        kube_table_clear(&b->known);
    h->event = event;
    h->name = mem_strdup(json_string(json_get(metadata, "name"), ""));
    h->namespace = mem_strdup(json_string(json_get(metadata, "namespace"), ""));
    kube_table_put(&b->known, key, h);
    return h;
}

void event_book_note(struct event_book *b, const char *key, struct json *event,
                     int64_t wall_ms, int64_t now_ms)
{
    struct happening *h = kube_table_get(&b->known, key);

    if (h)
        json_free(event);
    else
        h = begin(b, key, event);
    h->wall_ms = wall_ms;
    event_series_note(&h->series, now_ms);
    if (!take_step(b, h, event_series_next(&h->series, now_ms), now_ms))
        kube_table_remove(&b->known, key);
}

struct sweep {
    struct event_book *book;
    int64_t now_ms;
    size_t at;
    bool over; /* there is no more room */
};

static bool look_at(void *arg, const char *key, void *value)
{
    struct sweep *s = arg;
    struct event_book *b = s->book;
    struct happening *h = value;
    enum event_step step = event_series_next(&h->series, s->now_ms);

    (void)key;
    if (s->over || s->at++ < b->passed)
        return true;
    if (step != EVENT_NOTHING && step != EVENT_OVER &&
        rate_spare(&b->rate, s->now_ms) <= EVENT_BURST / 2) {
        s->over = true;
        b->passed = s->at - 1;
        return true;
    }
    return take_step(b, h, step, s->now_ms);
}

/* The next sweep begins where this one has to end, or with a flood of repetitions those
 * at the front would be told for ever and those behind never. Entries that came or went
 * in between may shift that place a little, which matters not. */
void event_book_sweep(struct event_book *b, int64_t now_ms)
{
    struct sweep s = {.book = b, .now_ms = now_ms};
    bool whole = !b->passed;

    kube_table_sweep(&b->known, look_at, &s);
    if (!s.over)
        b->passed = 0;
    b->sweep_ms = now_ms + (whole && !s.over ? EVENT_SWEEP_MS : EVENT_SWEEP_ON_MS);
}

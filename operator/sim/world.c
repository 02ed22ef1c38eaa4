/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include <math.h>
#include <stdlib.h>

struct count {
    uint64_t good;
    uint64_t events;
};

/* An arm's counters as they were scraped at one moment. */
struct sample {
    int64_t at_ms; /* of the scrape that brought them */
    struct count counts[ROUTE_OBJECTIVES_MAX];
};

struct world {
    struct world_settings settings;
    size_t arm_count;
    size_t objective_count;
    int64_t now_ms;
    struct random random;
    double weights[ROUTE_ARMS_MAX];
    struct world_arm arms[ROUTE_ARMS_MAX];
    struct count totals[ROUTE_ARMS_MAX][ROUTE_OBJECTIVES_MAX];
    size_t slots;           /* scrapes that a window spans, and one */
    size_t slot;            /* of the newest scrape */
    struct sample *scraped; /* [arm][slot] */
    size_t label_slots;
    struct count *labels; /* on their way: [arm][slot] */
    size_t steps;
};

struct world *world_new(const struct world_settings *settings, size_t arm_count,
                        size_t objective_count, uint64_t seed)
{
    struct world *w = mem_alloc(1, sizeof(*w));

    w->settings = *settings;
    w->arm_count = arm_count;
    w->objective_count = objective_count;
    w->now_ms = 1000000000000; /* any time but zero, which means never */
    w->random = random_stream(seed, 0);
    w->slots = (size_t)(settings->window_ms / settings->scrape_ms) + 1;
    w->scraped = mem_alloc(arm_count * w->slots, sizeof(*w->scraped));
    w->label_slots = (size_t)(settings->label_delay_ms / settings->scrape_ms) + 1;
    w->labels = mem_alloc(arm_count * w->label_slots, sizeof(*w->labels));
    for (size_t i = 0; i < arm_count; i++) {
        w->arms[i].ready = true;
        w->arms[i].scraped = true;
        w->weights[i] = 1 / (double)arm_count;
    }
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    free(w->scraped);
    free(w->labels);
    free(w);
}

struct world_settings *world_tune(struct world *w)
{
    return &w->settings;
}

struct world_arm *world_arm(struct world *w, size_t arm)
{
    return &w->arms[arm];
}

void world_set_weights(struct world *w, const double *weights)
{
    for (size_t i = 0; i < w->arm_count; i++)
        w->weights[i] = weights[i];
}

int64_t world_now_ms(const struct world *w)
{
    return w->now_ms;
}

double world_chance(const struct world *w, size_t arm, size_t objective)
{
    const struct world_settings *s = &w->settings;
    double share = s->load_capacity > 0 ? w->weights[arm] / s->load_capacity : 0;

    return fmax(0, w->arms[arm].p[objective] * (1 - s->load_strength * share * share));
}

static void send_requests(struct world *w, size_t arm, uint64_t requests)
{
    const struct world_settings *s = &w->settings;
    struct count *on_their_way =
        &w->labels[arm * w->label_slots + w->steps % w->label_slots];
    uint64_t answered = requests;

    for (size_t o = 0; o < w->objective_count; o++) {
        bool labelled = s->has_labels && o + 1 == w->objective_count;
        uint64_t events =
            labelled ? draw_binomial(&w->random, answered, s->label_share) : answered;
        uint64_t good = draw_binomial(&w->random, events, world_chance(w, arm, o));
        struct count *to = labelled ? on_their_way : &w->totals[arm][o];

        to->events += events;
        to->good += good;
        if (o == 0)
            answered = good;
    }
}

/* Labels whose delay is over arrive. */
static void deliver_labels(struct world *w, size_t arm)
{
    struct count *due =
        &w->labels[arm * w->label_slots + (w->steps + 1) % w->label_slots];
    struct count *to = &w->totals[arm][w->objective_count - 1];

    to->events += due->events;
    to->good += due->good;
    *due = (struct count){0};
}

static void scrape(struct world *w, size_t arm)
{
    struct sample *newest = &w->scraped[arm * w->slots + w->slot];
    const struct sample *last =
        &w->scraped[arm * w->slots + (w->slot + w->slots - 1) % w->slots];

    *newest = *last; /* what a failed scrape leaves */
    if (!w->arms[arm].scraped || draw_uniform(&w->random) < w->settings.missing_scrapes)
        return;
    newest->at_ms = w->now_ms;
    for (size_t o = 0; o < w->objective_count; o++)
        newest->counts[o] = w->totals[arm][o];
}

void world_step(struct world *w, uint64_t *requests)
{
    double seconds = (double)w->settings.scrape_ms / 1000;

    w->now_ms += w->settings.scrape_ms;
    w->slot = (w->slot + 1) % w->slots;
    for (size_t i = 0; i < w->arm_count; i++) {
        double mean = w->settings.rate * seconds * w->weights[i];

        requests[i] = w->arms[i].ready ? draw_poisson(&w->random, mean) : 0;
        send_requests(w, i, requests[i]);
        if (w->settings.has_labels)
            deliver_labels(w, i);
        scrape(w, i);
    }
    w->steps++;
}

void world_observe(const struct world *w, struct observation *seen)
{
    *seen = (struct observation){.problem = REASON_NONE, .data_plane_known = true};
    for (size_t i = 0; i < w->arm_count; i++) {
        const struct sample *samples = &w->scraped[i * w->slots];
        const struct sample *newest = &samples[w->slot];
        const struct sample *oldest = &samples[(w->slot + 1) % w->slots];
        struct arm_observation *a = &seen->arms[i];

        a->newest_ms = newest->at_ms;
        a->applied = w->weights[i];
        a->ready = w->arms[i].ready;
        for (size_t o = 0; o < w->objective_count; o++) {
            a->objectives[o].good =
                (double)(newest->counts[o].good - oldest->counts[o].good);
            a->objectives[o].events =
                (double)(newest->counts[o].events - oldest->counts[o].events);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rewards/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewards/names.h"

enum { FIRST_CELLS = 256 };

/* A scrape later than the year 2100 is none: the number is something else. */
static const double last_second = 4102444800.0;

/* What is known of one arm and objective; with objective "" of the arm's scrapes. */
struct cell {
    uint32_t route, arm, objective; /* in names */
    uint8_t seen;                   /* bit for each query that had it */
    uint8_t twice;                  /* bit for each query that had it more than once */
    double values[2];               /* good and events, or the last scrape alone */
};

struct rewards_table {
    struct names names;
    struct cell *cells;
    uint32_t count, cap;
    uint32_t *slots; /* open addressing: index into cells + 1, or 0 */
    uint32_t slot_count;
    size_t series;
};

struct rewards_table *rewards_table_new(void)
{
    return mem_alloc(1, sizeof(struct rewards_table));
}

void rewards_table_free(struct rewards_table *t)
{
    if (!t)
        return;
    names_clear(&t->names);
    free(t->cells);
    free(t->slots);
    free(t);
}

static uint32_t slot_of(const struct rewards_table *t, uint32_t route, uint32_t arm,
                        uint32_t objective)
{
    uint64_t mixed = route * UINT64_C(0x9E3779B97F4A7C15) ^
                     arm * UINT64_C(0xC2B2AE3D27D4EB4F) ^
                     objective * UINT64_C(0x165667B19E3779F9);
    uint32_t mask = t->slot_count - 1;
    uint32_t at = (uint32_t)(mixed >> 32) & mask;

    for (; t->slots[at]; at = (at + 1) & mask) {
        const struct cell *c = &t->cells[t->slots[at] - 1];

        if (c->route == route && c->arm == arm && c->objective == objective)
            break;
    }
    return at;
}

static void make_room(struct rewards_table *t)
{
    if (t->count < t->cap)
        return;
    t->cap = t->cap ? t->cap * 2 : FIRST_CELLS;
    t->cells = mem_resize(t->cells, t->cap, sizeof(*t->cells));
    t->slot_count = t->cap * 2;
    free(t->slots);
    t->slots = mem_alloc(t->slot_count, sizeof(*t->slots));
    for (uint32_t i = 0; i < t->count; i++) {
        const struct cell *c = &t->cells[i];

        t->slots[slot_of(t, c->route, c->arm, c->objective)] = i + 1;
    }
}

static size_t place_of(enum rewards_query query)
{
    return query == QUERY_EVENTS;
}

/* "namespace/route". No name that a route can have holds a '/', so no two routes share a
 * key. False when the labels are longer than any name. */
static bool route_key(char key[ROUTE_LABEL_MAX + ROUTE_NAME_MAX], const char *namespace,
                      const char *route)
{
    size_t before = strlen(namespace), behind = strlen(route);

    if (before + 1 + behind >= ROUTE_LABEL_MAX + ROUTE_NAME_MAX)
        return false;
    memcpy(key, namespace, before);
    key[before] = '/';
    memcpy(key + before + 1, route, behind + 1);
    return true;
}

bool rewards_table_put(struct rewards_table *t, enum rewards_query query,
                       const struct series_labels *labels, double value,
                       struct error *err)
{
    char key[ROUTE_LABEL_MAX + ROUTE_NAME_MAX];
    uint8_t bit = (uint8_t)(1U << query);
    uint32_t route, arm, objective, at;
    struct cell *c;

    if (++t->series > REWARDS_SERIES_MAX)
        return error_set(err, ERR_TOO_BIG, "more than %d series", REWARDS_SERIES_MAX);
    if (!route_key(key, labels->namespace, labels->route) ||
        strlen(labels->arm) >= ROUTE_LABEL_MAX ||
        strlen(labels->objective) >= ROUTE_LABEL_MAX ||
        (query == QUERY_SCRAPE) != (*labels->objective == '\0'))
        return true; /* of no route of ours */
    route = names_add(&t->names, key);
    arm = names_add(&t->names, labels->arm);
    objective = names_add(&t->names, labels->objective);
    make_room(t);
    at = slot_of(t, route, arm, objective);
    if (!t->slots[at]) {
        t->cells[t->count] =
            (struct cell){.route = route, .arm = arm, .objective = objective};
        t->slots[at] = ++t->count;
    }
    c = &t->cells[t->slots[at] - 1];
    if (c->seen & bit)
        c->twice |= bit;
    c->seen |= bit;
    c->values[place_of(query)] = value;
    return true;
}

/* ---- reading -------------------------------------------------------------------------
 */

static const char *const query_words[QUERY_COUNT] = {
    [QUERY_GOOD] = "good events",
    [QUERY_EVENTS] = "events",
    [QUERY_SCRAPE] = "last scrape",
};

struct asked {
    const struct bandit_route *route;
    uint32_t index; /* of the route, in names */
    size_t arm;
    const char *objective;
};

static uint32_t index_of(const struct rewards_table *t, const struct bandit_route *r)
{
    char key[ROUTE_LABEL_MAX + ROUTE_NAME_MAX];

    return route_key(key, r->namespace, r->name) ? names_find(&t->names, key)
                                                 : NAMES_NONE;
}

static const struct cell *find(const struct rewards_table *t, const struct asked *asked)
{
    uint32_t arm, objective, at;

    if (!t->count || asked->index == NAMES_NONE)
        return NULL;
    arm = names_find(&t->names, asked->route->spec.arms[asked->arm].name);
    objective = names_find(&t->names, asked->objective);
    if (arm == NAMES_NONE || objective == NAMES_NONE)
        return NULL;
    at = slot_of(t, asked->index, arm, objective);
    return t->slots[at] ? &t->cells[t->slots[at] - 1] : NULL;
}

static enum reason fault_of(const struct cell *c, enum rewards_query query)
{
    double v = c->values[place_of(query)];

    if (c->twice >> query & 1U)
        return REASON_DUPLICATE_SERIES;
    if (isnan(v))
        return REASON_NOT_A_NUMBER;
    if (isinf(v))
        return REASON_INFINITE;
    return v < 0 || (query == QUERY_SCRAPE && v > last_second) ? REASON_BAD_ANSWER
                                                               : REASON_NONE;
}

/* The value, or otherwise when there is no such series or it is at fault; the first fault
 * of a route is the one that is told. */
static double value_of(const struct cell *c, enum rewards_query query,
                       const struct asked *asked, double otherwise,
                       struct observation *seen)
{
    enum reason fault;

    if (!c || !(c->seen >> query & 1U))
        return otherwise;
    fault = fault_of(c, query);
    if (fault == REASON_NONE)
        return c->values[place_of(query)];
    if (seen->problem == REASON_NONE) {
        int length =
            snprintf(seen->detail, sizeof(seen->detail), "%s of arm %s%s%s: %g%s",
                     query_words[query], asked->route->spec.arms[asked->arm].name,
                     *asked->objective ? ", objective " : "", asked->objective,
                     c->values[place_of(query)],
                     fault == REASON_DUPLICATE_SERIES ? " among several series" : "");

        if (length >= (int)sizeof(seen->detail)) /* two names of the longest */
            memcpy(seen->detail + sizeof(seen->detail) - sizeof("..."), "...",
                   sizeof("..."));
        seen->problem = fault;
    }
    return otherwise;
}

void rewards_table_observe(const struct rewards_table *t, const struct bandit_route *r,
                           struct observation *seen)
{
    struct asked asked = {.route = r, .index = index_of(t, r)};

    for (size_t arm = 0; arm < r->spec.arm_count; arm++) {
        struct arm_observation *a = &seen->arms[arm];

        asked.arm = arm;
        asked.objective = "";
        a->newest_ms =
            (int64_t)(1000 * value_of(find(t, &asked), QUERY_SCRAPE, &asked, 0, seen));
        for (size_t o = 0; o < r->spec.reward.objective_count; o++) {
            const struct cell *c;

            asked.objective = r->spec.reward.objectives[o].name;
            c = find(t, &asked);
            a->objectives[o].good = value_of(c, QUERY_GOOD, &asked, NAN, seen);
            a->objectives[o].events = value_of(c, QUERY_EVENTS, &asked, NAN, seen);
        }
    }
}

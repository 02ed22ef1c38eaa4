/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/debug.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "route/route_json.h"
#include "route/route_meanings.h"
#include "json/json.h"

static void put_time(struct json *to, const char *key, int64_t wall_ms)
{
    char text[CLOCK_TEXT_MAX];

    json_put(to, key,
             wall_ms ? json_new_string(clock_format(wall_ms, text)) : json_new_null());
}

/* ---- the list ------------------------------------------------------------------------
 */

static struct json *short_of(const struct bandit_route *r, const char *invalid)
{
    const struct route_status *s = &r->status;
    struct json *one = json_new_object();

    json_put_string(one, "namespace", r->namespace);
    json_put_string(one, "name", r->name);
    json_put_string(one, "leader",
                    s->leader == ROUTE_NO_ARM ? "" : r->spec.arms[s->leader].name);
    json_put_string(one, "verdict", verdict_name(s->verdict));
    json_put_string(one, "reason", reason_name(s->reason));
    put_time(one, "lastDecisionTime", s->last_decision_ms);
    if (invalid)
        json_put_string(one, "invalid", invalid);
    return one;
}

/* One after the other: who decides meanwhile does not wait for the whole fleet. */
void debug_list(struct cache *c, struct buf *out)
{
    CLEANUP(json_freep)
    struct json *top = json_new_object();
    struct json *routes = json_new_array();
    CLEANUP(cache_keys_clear)
    struct cache_keys keys;

    cache_list(c, &keys);
    for (size_t i = 0; i < keys.count; i++) {
        CLEANUP(mem_freep)
        char *invalid = NULL;
        CLEANUP(route_freep)
        struct bandit_route *r = cache_copy(c, keys.items[i], &invalid);

        if (r) /* else it is gone since */
            json_push(routes, short_of(r, invalid));
    }
    json_put(top, "routes", routes);
    json_write(top, out);
}

/* ---- one route -----------------------------------------------------------------------
 */

static struct json *queries_of(const struct bandit_route *r)
{
    enum route_window window = r->spec.reward.window;
    struct json *queries = json_new_object();

    json_put_string(queries, "good", rewards_query_text(QUERY_GOOD, window));
    json_put_string(queries, "events", rewards_query_text(QUERY_EVENTS, window));
    json_put_string(queries, "lastScrape", rewards_query_text(QUERY_SCRAPE, window));
    return queries;
}

static struct json *arm_of(const struct bandit_route *r, size_t i,
                           const struct arm_observation *a)
{
    struct json *arm = json_new_object(), *by_name = json_new_object();

    json_put_string(arm, "name", r->spec.arms[i].name);
    put_time(arm, "lastScrape", a->newest_ms);
    for (size_t o = 0; o < r->spec.reward.objective_count; o++) {
        struct json *counts = json_new_object();

        json_put_number(counts, "good", a->objectives[o].good);
        json_put_number(counts, "events", a->objectives[o].events);
        json_put(by_name, r->spec.reward.objectives[o].name, counts);
    }
    json_put(arm, "objectives", by_name);
    return arm;
}

static struct json *observation_of(struct rewards *rewards, const struct bandit_route *r)
{
    struct rewards_snapshot *s = rewards_last(rewards, r->spec.reward.window);
    struct observation seen = {.problem = REASON_NONE};
    struct json *j, *arms;

    if (!s)
        return json_new_null(); /* nothing was asked yet, or it is being asked now */
    j = json_new_object();
    arms = json_new_array();
    rewards_observe(s, r, &seen);
    put_time(j, "askedAt", s->asked_ms);
    json_put_string(j, "problem",
                    seen.problem == REASON_NONE ? "" : reason_name(seen.problem));
    json_put_string(j, "detail", seen.detail);
    for (size_t i = 0; i < r->spec.arm_count && s->problem == REASON_NONE; i++)
        json_push(arms, arm_of(r, i, &seen.arms[i]));
    json_put(j, "arms", arms);
    rewards_put(rewards, s);
    return j;
}

/* The words of the last decision, in sentences. */
static struct json *meaning_of(const struct route_status *s)
{
    struct json *j = json_new_object();

    json_put_string(j, "verdict", route_verdict_meanings[s->verdict].what);
    json_put_string(j, "weights", route_verdict_meanings[s->verdict].weights);
    json_put_string(j, "reason", route_reason_meanings[s->reason].when);
    json_put_string(j, "whatToDo", route_reason_meanings[s->reason].remedy);
    return j;
}

bool debug_route(struct cache *c, struct rewards *rewards, const char *key,
                 struct buf *out)
{
    CLEANUP(json_freep)
    struct json *top = NULL;
    CLEANUP(route_freep)
    struct bandit_route *r = cache_copy(c, key, NULL);

    if (!r)
        return false;
    top = json_new_object();
    json_put_string(top, "namespace", r->namespace);
    json_put_string(top, "name", r->name);
    json_put(top, "meaning", meaning_of(&r->status));
    json_put(top, "queries", queries_of(r));
    json_put(top, "observation", observation_of(rewards, r));
    json_put(top, "spec", route_spec_to_json(&r->spec));
    json_put(top, "status", route_status_to_json(r));
    json_write_pretty(top, out);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/happening.h"

#include <string.h>

static bool is_state(const struct json *v, double *value)
{
    if (json_is(v, JSON_BOOL))
        *value = json_bool(v, false);
    else if (json_is(v, JSON_STRING))
        *value = strcmp(json_string(v, ""), "down") != 0;
    else
        return false;
    return true;
}

/* One member of a happening that says what changes; the others were read before. */
static bool read_change(struct scenario *s, struct happening h, const struct json *c,
                        struct error *err)
{
    static const struct {
        const char *key;
        enum happening_kind kind;
    } states[] = {
        {"ready",      HAPPENING_READY     },
        {"scraped",    HAPPENING_SCRAPED   },
        {"prometheus", HAPPENING_PROMETHEUS},
    };
    int objective = scenario_objective(s, json_key(c));
    bool found = false;

    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (!strcmp(json_key(c), states[i].key)) {
            h.kind = states[i].kind;
            found = is_state(c, &h.value);
        }
    if (!strcmp(json_key(c), "rate")) {
        h.kind = HAPPENING_RATE;
        found = json_is(c, JSON_NUMBER);
        h.value = json_number(c, 1);
    } else if (objective >= 0) {
        h.kind = HAPPENING_CHANCE;
        h.objective = (size_t)objective;
        found = json_is(c, JSON_NUMBER);
        h.value = json_number(c, 0);
    }
    if (!found || s->happening_count == HAPPENINGS_MAX)
        return error_set(err, ERR_INVALID, "happenings: \"%.63s\" cannot happen",
                         json_key(c));
    s->happenings[s->happening_count++] = h;
    return true;
}

static bool read_one(struct scenario *s, const struct json *j, struct error *err)
{
    const char *name = json_string(json_get(j, "arm"), NULL);
    int arm = name ? scenario_arm(s, name) : 0;
    int64_t lasts_ms = s->duration_ms;
    struct happening h = {.arm = 0};

    if (arm < 0)
        return error_set(err, ERR_INVALID, "happenings: no arm \"%.63s\"", name);
    if (!scenario_duration(j, "at", &h.from_ms, err) ||
        !scenario_duration(j, "for", &lasts_ms, err))
        return error_wrap(err, "happenings");
    h.arm = (size_t)arm;
    h.to_ms = h.from_ms + lasts_ms;
    for (const struct json *c = json_first(j); c; c = json_next(c))
        if (strcmp(json_key(c), "arm") != 0 && strcmp(json_key(c), "at") != 0 &&
            strcmp(json_key(c), "for") != 0 && !read_change(s, h, c, err))
            return false;
    return true;
}

bool happenings_read(struct scenario *s, const struct json *list, struct error *err)
{
    for (const struct json *c = json_first(list); c; c = json_next(c))
        if (!read_one(s, c, err))
            return false;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/parts.h"

#include <string.h>

#include "base/text.h"
#include "sim/fields.h"

#define NO_ARM SIZE_MAX

static bool is_of_an_arm(enum happening_kind kind)
{
    return kind != HAPPENING_PROMETHEUS && kind != HAPPENING_RATE;
}

/* up or down; true or false. */
static bool read_state(const struct json *v, double *value)
{
    static const char *const words[] = {"down", "up", NULL};
    int word = text_index(json_string(v, ""), words);

    *value = json_is(v, JSON_BOOL) ? json_bool(v, false) : word;
    return *value >= 0;
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
            found = read_state(c, &h.value);
        }
    if (!strcmp(json_key(c), "rate")) {
        h.kind = HAPPENING_RATE;
        h.value = json_number(c, -1);
        found = h.value >= 0;
    } else if (objective >= 0) {
        h.kind = HAPPENING_CHANCE;
        h.objective = (size_t)objective;
        h.value = json_number(c, -1);
        found = h.value >= 0 && h.value <= 1;
    }
    if (!found)
        return error_set(err, ERR_INVALID, "\"%.63s\" cannot happen, or not so",
                         json_key(c));
    if (is_of_an_arm(h.kind) != (h.arm != NO_ARM))
        return error_set(err, ERR_INVALID,
                         h.arm == NO_ARM ? "%s: of which arm?" : "%s: is of no arm",
                         json_key(c));
    if (s->happening_count == HAPPENINGS_MAX)
        return error_set(err, ERR_INVALID, "more than %d", HAPPENINGS_MAX);
    if (h.arm == NO_ARM)
        h.arm = 0;
    s->happenings[s->happening_count++] = h;
    return true;
}

/* Who, when and for how long. */
static bool read_frame(const struct scenario *s, const struct json *j,
                       struct happening *h, struct error *err)
{
    const struct json *name = json_get(j, "arm");
    int arm = name ? scenario_arm(s, json_string(name, "")) : ROUTE_NO_ARM;
    int64_t lasts_ms = s->duration_ms;

    if (!fields_mapping(j, "one", err))
        return false;
    if (name && arm < 0)
        return error_set(err, ERR_INVALID, "no arm \"%.63s\"", json_string(name, ""));
    if (!fields_duration(j, "at", &h->from_ms, err) ||
        !fields_duration(j, "for", &lasts_ms, err))
        return false;
    if (h->from_ms >= s->duration_ms)
        return error_set(err, ERR_INVALID, "at: the scenario is over by then");
    h->arm = name ? (size_t)arm : NO_ARM;
    h->to_ms = h->from_ms + lasts_ms;
    return true;
}

static bool read_one(struct scenario *s, const struct json *j, struct error *err)
{
    static const char *const frame[] = {"arm", "at", "for", NULL};
    size_t before = s->happening_count;
    struct happening h = {.arm = NO_ARM};

    if (!read_frame(s, j, &h, err))
        return false;
    for (const struct json *c = json_first(j); c; c = json_next(c))
        if (text_index(json_key(c), frame) < 0 && !read_change(s, h, c, err))
            return false;
    return s->happening_count > before || error_set(err, ERR_INVALID, "nothing changes");
}

bool happenings_read(struct scenario *s, const struct json *list, struct error *err)
{
    if (!fields_list(list, "happenings", err))
        return false;
    for (const struct json *c = json_first(list); c; c = json_next(c))
        if (!read_one(s, c, err))
            return error_wrap(err, "happenings");
    return true;
}

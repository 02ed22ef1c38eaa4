/* SPDX-License-Identifier: Apache-2.0 */
/* The core by itself: decides about what it reads, so that others can be set beside it.
 *
 * A line with a BanditRoute object begins a new route. A line with [[good, events], ...],
 * a pair for each arm, is what the window holds at the next decision, an interval later;
 * it is answered with the array of weights. All arms are ready, all data fresh, and the
 * data plane obeys. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/decide.h"
#include "route/route_json.h"

static const int64_t start_ms = 1000000000000; /* any time but zero, which means never */

struct table {
    struct bandit_route *route;
    int64_t now_ms;
};

static bool begin(struct table *t, const struct json *object, struct error *err)
{
    route_free(t->route);
    t->route = route_from_json(object, err);
    t->now_ms = start_ms;
    return t->route != NULL;
}

static void see(const struct table *t, const struct json *windows,
                struct observation *seen)
{
    const struct json *window = json_first(windows);

    *seen = (struct observation){.problem = REASON_NONE, .data_plane_known = true};
    for (size_t i = 0; window; i++, window = json_next(window)) {
        const struct json *good = json_first(window);

        seen->arms[i] = (struct arm_observation){
            .newest_ms = t->now_ms,
            .applied = t->route->status.arms[i].desired,
            .ready = true,
        };
        seen->arms[i].objectives[0].good = json_number(good, NAN);
        seen->arms[i].objectives[0].events = json_number(json_next(good), NAN);
    }
}

static void print_weights(const double *weights, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s%.17g", i ? ", " : "[", weights[i]);
    puts("]");
    (void)fflush(stdout); /* somebody waits for it */
}

static bool decide(struct table *t, const struct json *windows, struct error *err)
{
    struct bandit_route *r = t->route;
    struct observation seen;
    CLEANUP(decision_clear)
    struct decision d = {.write = false};

    if (!r || json_count(windows) != r->spec.arm_count)
        return error_set(err, ERR_INVALID, "%zu windows, which no route has as arms",
                         json_count(windows));
    t->now_ms += r->spec.interval_ms;
    see(t, windows, &seen);
    core_decide(&r->spec, &r->status, &seen, 1, t->now_ms, &d);
    print_weights(d.weights, r->spec.arm_count);
    decision_accept(&d, &r->status);
    return true;
}

static bool read_line(struct table *t, const char *line, size_t length, struct error *err)
{
    CLEANUP(json_freep)
    struct json *j = json_parse(line, length, err);

    if (!j)
        return false;
    return json_is(j, JSON_OBJECT) ? begin(t, j, err) : decide(t, j, err);
}

int main(void)
{
    struct table t = {.route = NULL};
    struct error err;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool good = true;

    while (good && (length = getline(&line, &room, stdin)) > 0)
        good = read_line(&t, line, (size_t)length, &err);
    if (!good)
        (void)fprintf(stderr, "decide-lines: %s\n", err.msg);
    route_free(t.route);
    free(line);
    return good ? 0 : 1;
}

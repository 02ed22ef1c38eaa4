/* SPDX-License-Identifier: Apache-2.0 */
/* Any manifest: refused, or an object whose spec in force reads back as itself and keeps
 * the promises of route.h. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "route/route_json.h"
#include "json/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spec(const struct route_spec *spec)
{
    const struct route_guardrails *g = &spec->guardrails;
    double weights = 0;
    double pinned = 0;

    assert(spec->arm_count >= ROUTE_ARMS_MIN && spec->arm_count <= ROUTE_ARMS_MAX);
    assert(spec->baseline < spec->arm_count);
    assert(spec->interval_ms >= 1000);
    assert(g->min_weight <= g->max_weight && g->min_weight <= g->reentry_weight);
    assert(g->min_weight * (double)spec->arm_count < 1.000001);
    assert(g->max_weight * (double)spec->arm_count > 0.999999);
    assert(g->max_ejected < (int)spec->arm_count);
    for (size_t i = 0; i < spec->reward.objective_count; i++)
        weights += spec->reward.objectives[i].weight;
    assert(fabs(weights - 1) < 1e-6);
    for (size_t i = 0; i < ROUTE_ARMS_MAX; i++)
        pinned += spec->pin.weights[i];
    assert(!spec->pin.set || fabs(pinned - 1) < 1e-6);
}

static void check_text(const struct bandit_route *r)
{
    CLEANUP(buf_clear)
    struct buf first = BUF_INIT(1 << 20);
    CLEANUP(buf_clear)
    struct buf second = BUF_INIT(1 << 20);
    CLEANUP(json_freep)
    struct json *object = json_new_object();
    CLEANUP(json_freep)
    struct json *spec = NULL;
    CLEANUP(route_freep)
    struct bandit_route *again = NULL;
    struct json *metadata = json_new_object();
    struct json *before = route_spec_to_json(&r->spec);
    struct error err;

    json_write(before, &first);
    json_put_string(object, "apiVersion", ROUTE_API_VERSION);
    json_put_string(object, "kind", ROUTE_KIND);
    json_put_string(metadata, "name", r->name);
    json_put_string(metadata, "namespace", r->namespace);
    json_put(object, "metadata", metadata);
    json_put(object, "spec", before);
    again = route_from_json(object, &err);
    assert(again);
    spec = route_spec_to_json(&again->spec);
    json_write(spec, &second);
    assert(!strcmp(buf_str(&first), buf_str(&second)));
}

static bool check(void *arg, struct json *document, struct error *err)
{
    CLEANUP(json_freep)
    struct json *owned = document;
    CLEANUP(json_freep)
    struct json *status = NULL;
    CLEANUP(route_freep)
    struct bandit_route *r = route_from_json(owned, err);

    (void)arg;
    if (!r)
        return true;
    check_spec(&r->spec);
    check_text(r);
    status = route_status_to_json(r);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;

    (void)yaml_parse((const char *)data, size, check, NULL, &err);
    return 0;
}

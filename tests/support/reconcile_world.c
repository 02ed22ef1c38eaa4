/* SPDX-License-Identifier: Apache-2.0 */
#include "support/reconcile_world.h"

#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/exposition.h"
#include "route/route_json.h"
#include "json/yaml.h"

static const char manifest[] =
    "apiVersion: bandit-router.dev/v1alpha1\n"
    "kind: BanditRoute\n"
    "metadata: {name: digits, namespace: default, uid: one, generation: 1}\n"
    "spec:\n"
    "  interval: 10s\n"
    "  arms:\n"
    "  - {name: a, backend: {service: a, port: 80}}\n"
    "  - {name: b, backend: {service: b, port: 80}}\n"
    "  - {name: c, backend: {service: c, port: 80}}\n"
    "  targetRef: {kind: HAProxyBackend, name: digits}\n"
    "  reward:\n"
    "    window: 1m\n"
    "    objectives:\n"
    "    - {name: success, weight: 1, min: 0.5}\n";

static bool fails(struct world *w, enum error_kind kind, struct error *err)
{
    return ++w->io == w->fail_at && !error_set(err, kind, "call %lu fails", w->io);
}

static bool read_weights(struct dataplane *d, const struct bandit_route *r,
                         struct dataplane_report *report, struct error *err)
{
    struct world *w = (struct world *)d;

    if (fails(w, w->failure, err))
        return false;
    *report = (struct dataplane_report){.trouble = w->trouble};
    for (size_t i = 0; i < r->spec.arm_count; i++)
        report->arms[i] = (struct dataplane_arm){w->weights[i], !w->down[i]};
    return true;
}

static bool write_weights(struct dataplane *d, const struct bandit_route *r,
                          const double *weights, struct dataplane_report *report,
                          struct error *err)
{
    struct world *w = (struct world *)d;

    if (fails(w, w->failure, err))
        return false;
    if (w->reconciler.set_finalizer)
        assert_true(w->finalizer); /* who writes has made sure of its farewell */
    if (!w->deaf)
        memcpy(w->weights, weights, r->spec.arm_count * sizeof(*weights));
    w->dataplane_writes++;
    return read_weights(d, r, report, err);
}

static bool overlaps(struct dataplane *d, const struct bandit_route *a,
                     const struct bandit_route *b)
{
    assert_string_equal(a->spec.target.name, b->spec.target.name);
    return !((struct world *)d)->apart;
}

static bool observe(void *arg, const struct bandit_route *r, struct observation *seen)
{
    struct world *w = arg;

    if (w->stopping)
        return false;
    if (++w->io == w->fail_at) {
        seen->problem = REASON_PROMETHEUS_DOWN;
        return true;
    }
    seen->problem = w->problem;
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        seen->arms[i].newest_ms = w->now.wall_ms;
        seen->arms[i].objectives[0].good = 1000 * w->success[i];
        seen->arms[i].objectives[0].events = 1000;
    }
    return true;
}

static bool save(void *arg, const struct bandit_route *r, struct error *err)
{
    struct world *w = arg;

    if (fails(w, w->failure == ERR_CONFLICT ? ERR_CONFLICT : ERR_IO, err))
        return false;
    if (strcmp(r->name, "digits") != 0) {
        if (w->has_saved_other)
            route_status_clear(&w->saved_other);
        route_status_copy(&w->saved_other, &r->status, &r->spec);
        w->has_saved_other = true;
        return true;
    }
    if (w->has_saved)
        route_status_clear(&w->saved);
    route_status_copy(&w->saved, &r->status, &r->spec);
    w->has_saved = true;
    w->saves++;
    return true;
}

bool world_set_finalizer(void *arg, const char *name, bool on, struct error *err)
{
    struct world *w = arg;

    assert_string_equal(name, "default/digits");
    if (w->vanished)
        return error_set(err, ERR_NOT_FOUND, "gone");
    if (fails(w, w->failure == ERR_CONFLICT ? ERR_CONFLICT : ERR_IO, err))
        return false;
    w->finalizer = on;
    return true;
}

static bool may_write(void *arg)
{
    return !((struct world *)arg)->no_leader;
}

static const struct dataplane_ops ops = {
    .read = read_weights, .write = write_weights, .overlaps = overlaps};

void world_boot(struct world *w)
{
    w->cache = cache_new();
    w->registry = metrics_new(NULL, 0);
    w->metrics = operator_metrics_new(w->registry, "prometheus:9090", 1);
    w->events = events_new();
    w->kinds[0] = (struct dataplane_kind){"HAProxyBackend", &w->dataplane};
    w->reconciler = (struct reconciler){.cache = w->cache,
                                        .kinds = w->kinds,
                                        .kind_count = 1,
                                        .metrics = w->metrics,
                                        .events = w->events,
                                        .observe = observe,
                                        .observe_arg = w,
                                        .save = save,
                                        .save_arg = w,
                                        .budget = w->budget,
                                        .may_write = may_write,
                                        .may_write_arg = w};
}

void world_halt(struct world *w)
{
    operator_metrics_free(w->metrics);
    metrics_free(w->registry);
    events_free(w->events);
    cache_free(w->cache);
}

struct world *world_new(void)
{
    struct world *w = mem_alloc(1, sizeof(*w));
    static const double success[] = {0.8, 0.9, 0.7};

    w->dataplane.ops = &ops;
    w->name = "digits";
    w->failure = ERR_IO;
    memcpy(w->success, success, sizeof(success));
    for (size_t i = 0; i < 3; i++)
        w->weights[i] = 1. / 3;
    w->now = (struct moment){.wall_ms = INT64_C(1700000000000), .mono_ms = 1000};
    world_boot(w);
    return w;
}

void world_free(struct world *w)
{
    if (w->has_saved)
        route_status_clear(&w->saved);
    if (w->has_saved_other)
        route_status_clear(&w->saved_other);
    world_halt(w);
    write_budget_free(w->budget);
    free(w);
}

void world_pass(struct world *w, int64_t ms)
{
    w->now.wall_ms += ms;
    w->now.mono_ms += ms;
}

static struct bandit_route *parse(const char *text)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *j = yaml_parse_one(text, strlen(text), &err);
    struct bandit_route *r = j ? route_from_json(j, &err) : NULL;

    if (!r)
        fail_msg("%s", err.msg);
    return r;
}

bool world_tell(struct world *w, const char *from, const char *to, int64_t generation)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(64 * 1024);
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    const char *at = strstr(manifest, from);
    char told[CACHE_KEY_MAX];

    assert_non_null(at);
    buf_add(&text, manifest, (size_t)(at - manifest));
    buf_puts(&text, to);
    buf_puts(&text, at + strlen(from));
    r = parse(buf_str(&text));
    r->generation = generation;
    r->finalizer = w->finalizer;
    r->deleting = w->deleting;
    if (w->has_saved && r->spec.arm_count == 3 && strcmp(r->name, "digits") == 0) {
        route_status_clear(&r->status);
        route_status_copy(&r->status, &w->saved, &r->spec);
    }
    return cache_tell(
        w->cache,
        &(struct store_event){
            .type = STORE_UPSERT, .namespace = r->namespace, .name = r->name, .route = r},
        told);
}

bool world_tell_other(struct world *w, enum store_event_type type, const char *message)
{
    char told[CACHE_KEY_MAX];

    return cache_tell(
        w->cache,
        &(struct store_event){
            .type = type, .namespace = "default", .name = w->name, .message = message},
        told);
}

struct world *told_world(void)
{
    struct world *w = world_new();

    assert_true(world_tell(w, "", "", 1));
    return w;
}

enum reconcile_result world_run(struct world *w)
{
    char key[CACHE_KEY_MAX];

    cache_key(key, "default", w->name);
    return reconcile(&w->reconciler, key, w->now, &w->again_ms);
}

void world_decide(struct world *w, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(world_run(w), RECONCILED_AFTER);
        world_pass(w, 10000);
    }
}

double world_metric(struct world *w, const char *line)
{
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(1 << 20);
    const char *at;

    metrics_expose(w->registry, EXPOSITION_TEXT_0_0_4, &page);
    at = strstr(buf_str(&page), line);
    return at ? strtod(at + strlen(line), NULL) : (double)NAN;
}

double world_drift_repairs(struct world *w)
{
    return world_metric(w, "\nbandit_operator_drift_repairs_total{namespace=\"default\","
                           "route=\"digits\"} ");
}

enum condition_status world_programmed(const struct world *w, enum reason *why)
{
    const struct route_condition *c = &w->saved.conditions[CONDITION_ROUTE_PROGRAMMED];

    *why = c->reason;
    return c->status;
}

void world_assert_sane(const struct world *w)
{
    double desired = 0, applied = 0;

    for (size_t i = 0; i < 3; i++) {
        desired += w->saved.arms[i].desired;
        applied += w->weights[i];
        assert_true(fabs(w->weights[i] - w->saved.arms[i].desired) < 0.004);
    }
    assert_true(fabs(desired - 1) < 1e-9 && fabs(applied - 1) < 1e-9);
}

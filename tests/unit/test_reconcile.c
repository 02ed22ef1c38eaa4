/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile() in a world of a fake data plane, a fake store and a clock that is told what
 * time it is; each of their answers may be made to fail. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/reconcile.h"
#include "dataplane/dataplane_ops.h"
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

static const char key[] = "default/digits";

/* ---- the world -----------------------------------------------------------------------
 */

struct world {
    struct dataplane dataplane; /* first: the ops get it */
    double weights[ROUTE_ARMS_MAX];
    bool down[ROUTE_ARMS_MAX];
    enum error_kind failure; /* of the data plane */
    enum reason trouble;     /* what those who route by it say */
    unsigned dataplane_writes;

    struct route_status saved; /* what the store has */
    bool has_saved;
    unsigned saves;

    bool deleting;        /* the object waits to be let go */
    bool finalizer;       /* the object has it */
    bool vanished;        /* deletion was waited for, and is over */
    bool deaf, no_leader; /* weights are taken and not kept; another process writes */
    struct write_budget *budget;

    double success[ROUTE_ARMS_MAX];
    enum reason problem;
    bool stopping;

    unsigned long io, fail_at; /* count of fallible calls; that one fails. 0: none */

    struct moment now;
    int64_t again_ms;
    struct cache *cache;
    struct metrics *registry;
    struct operator_metrics *metrics;
    struct events *events;
    struct dataplane_kind kinds[1];
    struct reconciler reconciler;
};

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
    if (w->has_saved)
        route_status_clear(&w->saved);
    route_status_copy(&w->saved, &r->status, &r->spec);
    w->has_saved = true;
    w->saves++;
    return true;
}

static bool set_finalizer(void *arg, const char *name, bool on, struct error *err)
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

static const struct dataplane_ops ops = {.read = read_weights, .write = write_weights};

/* The operator starts: what it remembers is new, what it works with stays. */
static void boot(struct world *w)
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

static void halt(struct world *w)
{
    operator_metrics_free(w->metrics);
    metrics_free(w->registry);
    events_free(w->events);
    cache_free(w->cache);
}

static struct world *world_new(void)
{
    struct world *w = mem_alloc(1, sizeof(*w));
    static const double success[] = {0.8, 0.9, 0.7};

    w->dataplane.ops = &ops;
    w->failure = ERR_IO;
    memcpy(w->success, success, sizeof(success));
    for (size_t i = 0; i < 3; i++)
        w->weights[i] = 1. / 3;
    w->now = (struct moment){.wall_ms = INT64_C(1700000000000), .mono_ms = 1000};
    boot(w);
    return w;
}

static void world_free(struct world *w)
{
    if (w->has_saved)
        route_status_clear(&w->saved);
    halt(w);
    write_budget_free(w->budget);
    free(w);
}
DEFINE_FREEP(struct world *, world_free)

static void pass(struct world *w, int64_t ms)
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

/* The store tells of the manifest with `from` replaced by `to`, at this generation. */
static bool tell(struct world *w, const char *from, const char *to, int64_t generation)
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
    if (w->has_saved && w->saved.arms && r->spec.arm_count == 3) {
        route_status_clear(&r->status);
        route_status_copy(&r->status, &w->saved, &r->spec);
    }
    return cache_tell(
        w->cache,
        &(struct store_event){
            .type = STORE_UPSERT, .namespace = "default", .name = "digits", .route = r},
        told);
}

static bool tell_other(struct world *w, enum store_event_type type, const char *message)
{
    char told[CACHE_KEY_MAX];

    return cache_tell(
        w->cache,
        &(struct store_event){
            .type = type, .namespace = "default", .name = "digits", .message = message},
        told);
}

static enum reconcile_result run(struct world *w)
{
    return reconcile(&w->reconciler, key, w->now, &w->again_ms);
}

/* Decide n times, an interval apart. */
static void decide_times(struct world *w, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(run(w), RECONCILED_AFTER);
        pass(w, 10000);
    }
}

static double metric(struct world *w, const char *line)
{
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(1 << 20);
    const char *at;

    metrics_expose(w->registry, EXPOSITION_TEXT_0_0_4, &page);
    at = strstr(buf_str(&page), line);
    return at ? strtod(at + strlen(line), NULL) : (double)NAN;
}

static double drift_repairs(struct world *w)
{
    return metric(w, "\nbandit_operator_drift_repairs_total{namespace=\"default\","
                     "route=\"digits\"} ");
}

static void assert_sane(const struct world *w)
{
    double desired = 0, applied = 0;

    for (size_t i = 0; i < 3; i++) {
        desired += w->saved.arms[i].desired;
        applied += w->weights[i];
        assert_true(fabs(w->weights[i] - w->saved.arms[i].desired) < 0.004);
    }
    assert_true(fabs(desired - 1) < 1e-9 && fabs(applied - 1) < 1e-9);
}

/* ---- what it does --------------------------------------------------------------------
 */

static void traffic_goes_where_the_reward_is(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    assert_true(tell(w, "", "", 1));
    decide_times(w, 30);
    assert_sane(w);
    assert_int_equal(w->saved.leader, 1);
    assert_true(fabs(w->weights[1] - (0.8 + 0.2 / 3)) < 1e-6);
    assert_true(isnan(drift_repairs(w)) == 0 && drift_repairs(w) == 0);
    assert_int_equal(w->again_ms, w->now.mono_ms); /* the tick keeps its phase */
}

static void decisions_come_at_their_interval_whatever_wakes_it(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(run(w), RECONCILED_AFTER);
        pass(w, 1000);
    }
    assert_int_equal(w->saved.decisions, 10);
    assert_int_equal(w->saves, 10);
}

static void echoes_of_its_own_writes_are_no_news(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    assert_true(tell(w, "", "", 1));
    decide_times(w, 1);
    assert_false(tell(w, "", "", 1));
    assert_true(tell(w, "10s", "20s", 2));
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 2); /* another spec is decided on at once */
    assert_int_equal(w->again_ms, w->now.mono_ms + 20000);
}

static void drift_is_repaired_and_counted(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 30);
    w->weights[0] = w->weights[1] = 0.5; /* somebody else */
    w->weights[2] = 0;
    decide_times(w, 1);
    assert_sane(w);
    assert_true(drift_repairs(w) == 1);
    w->weights[0] = 1;
    w->weights[1] = 0;
    pass(w, -5000); /* woken between two decisions */
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);
    assert_sane(w);
    assert_true(drift_repairs(w) == 2);
}

static enum condition_status programmed(const struct world *w, enum reason *why)
{
    const struct route_condition *c = &w->saved.conditions[CONDITION_ROUTE_PROGRAMMED];

    *why = c->reason;
    return c->status;
}

static void what_gateways_say_is_told_when_they_say_it(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    enum reason why;
    unsigned saves;

    (void)state;
    w->trouble = REASON_PENDING;
    (void)tell(w, "", "", 1);
    decide_times(w, 1);
    pass(w, -9000);
    assert_int_equal(programmed(w, &why), CONDITION_UNKNOWN);
    assert_int_equal(why, REASON_PENDING);
    w->trouble = REASON_NONE;
    saves = w->saves;
    assert_int_equal(run(w), RECONCILED_AFTER); /* woken between two decisions */
    assert_int_equal(programmed(w, &why), CONDITION_TRUE);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saves, saves + 1);
    w->trouble = REASON_NOT_ACCEPTED;
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(programmed(w, &why), CONDITION_FALSE);
    assert_int_equal(why, REASON_NOT_ACCEPTED);
    assert_int_equal(w->saved.decisions, 1);
}

static void an_arm_that_dies_between_decisions_is_left_at_once(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    double ema;

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 30);
    pass(w, -5000);
    ema = w->saved.arms[0].reward_ema;
    w->down[1] = true; /* the leader */
    w->success[0] = 0.1;
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);
    assert_int_equal(w->saved.verdict, VERDICT_SWITCHED);
    assert_int_equal(w->saved.reason, REASON_LEADER_FAILED);
    assert_int_equal(w->saved.arms[1].state, ARM_NOT_READY);
    assert_true(w->weights[1] == 0);
    assert_sane(w);
    assert_true(w->saved.arms[0].reward_ema == ema); /* rewards were not asked for */
    assert_int_equal(w->saved.conditions[CONDITION_METRICS_AVAILABLE].status,
                     CONDITION_TRUE);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);             /* once */
    assert_int_equal(w->again_ms, w->now.mono_ms + 5000); /* the tick keeps its phase */
}

static void a_target_that_comes_is_decided_on_at_once(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    enum reason why;

    (void)state;
    w->failure = ERR_NOT_FOUND;
    w->fail_at = 1;
    (void)tell(w, "", "", 1);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(programmed(w, &why), CONDITION_FALSE);
    assert_int_equal(why, REASON_TARGET_NOT_FOUND);
    assert_int_equal(w->saved.verdict, VERDICT_HELD);
    pass(w, 1000);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 2);
    assert_int_not_equal(w->saved.verdict, VERDICT_HELD);
    assert_sane(w);
}

static void others_than_active_never_write(void **state)
{
    static const char *const modes[] = {"Shadow", "Frozen"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        CLEANUP(world_freep)
        struct world *w = world_new();
        char spec[64];

        (void)snprintf(spec, sizeof(spec), "spec:\n  mode: %s\n", modes[i]);
        (void)tell(w, "spec:\n", spec, 1);
        decide_times(w, 20);
        w->weights[0] = 1;
        decide_times(w, 2);
        pass(w, -5000);
        (void)run(w);
        assert_int_equal(w->dataplane_writes, 0);
        assert_int_equal(w->saved.decisions, 22);
        (void)tell_other(w, STORE_DELETE, NULL);
        assert_int_equal(run(w), RECONCILED);
        assert_int_equal(w->dataplane_writes, 0);
    }
}

static void held_ticks_leave_the_averages_alone(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    double ema[3], weights[3];

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 10);
    for (size_t i = 0; i < 3; i++) {
        ema[i] = w->saved.arms[i].reward_ema;
        weights[i] = w->weights[i];
    }
    w->problem = REASON_QUERY_WARNING;
    w->success[1] = 0;
    decide_times(w, 5);
    assert_int_equal(w->saved.verdict, VERDICT_HELD);
    assert_int_equal(w->saved.reason, REASON_QUERY_WARNING);
    for (size_t i = 0; i < 3; i++) {
        assert_true(w->saved.arms[i].reward_ema == ema[i]);
        assert_true(w->weights[i] == weights[i]);
    }
}

static void a_decision_that_is_not_taken_is_held(void **state)
{
    static const struct {
        enum error_kind kind;
        enum reason want;
    } rows[] = {
        {ERR_INVALID,   REASON_DATA_PLANE_REJECTED},
        {ERR_NOT_FOUND, REASON_TARGET_NOT_FOUND   },
        {ERR_IO,        REASON_DATA_PLANE_DOWN    },
        {ERR_TIMEOUT,   REASON_DATA_PLANE_DOWN    },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned long step = 1; step <= 3; step += 2) { /* the read, the write */
            CLEANUP(world_freep)
            struct world *w = world_new();
            double ema;

            (void)tell(w, "", "", 1);
            decide_times(
                w, 2); /* not at its goal yet, so that there is something to write */
            ema = w->saved.arms[1].reward_ema;
            w->success[1] = 0.95;
            w->failure = rows[i].kind;
            w->fail_at = w->io + step;
            decide_times(w, 1);
            assert_int_equal(w->saved.verdict, VERDICT_HELD);
            assert_int_equal(w->saved.reason, rows[i].want);
            assert_true(w->saved.arms[1].reward_ema == ema);
            assert_int_equal(w->saved.conditions[CONDITION_ROUTE_PROGRAMMED].status,
                             CONDITION_FALSE);
            decide_times(w, 20);
            assert_sane(w);
            assert_int_equal(w->saved.conditions[CONDITION_ROUTE_PROGRAMMED].status,
                             CONDITION_TRUE);
        }
}

static void a_status_that_was_not_taken_is_written_again(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 30); /* at its goal: a tick is a read, an observation and a save */
    w->fail_at = w->io + 3;
    assert_int_equal(run(w), RECONCILE_FAILED);
    assert_int_equal(w->saved.decisions, 30);
    pass(w, 50);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31); /* the same decision, not another one */
    assert_sane(w);
    assert_true(metric(w, "\nbandit_operator_status_write_errors_total ") == 1);
}

static void state_survives_a_restart(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    uint64_t decisions;

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 30);
    decisions = w->saved.decisions;
    halt(w);
    boot(w);
    pass(w, -4000); /* 6 s after the last decision */
    (void)tell(w, "", "", 1);
    w->weights[0] = 1;
    w->weights[1] = w->weights[2] = 0;
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, decisions); /* the last one counts */
    assert_sane(w);                                  /* the weights are there at once */
    assert_int_equal(w->again_ms, w->now.mono_ms + 4000);
    pass(w, 4000);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, decisions + 1);
    assert_int_equal(w->saved.leader, 1);
}

static void a_new_arm_list_keeps_what_matches_by_name(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    double ema;

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 30);
    ema = w->saved.arms[1].reward_ema;
    /* a goes, b becomes the first, d comes last */
    assert_true(tell(w, "  - {name: a, backend: {service: a, port: 80}}\n", "", 2));
    w->success[0] = 0.9;
    w->success[1] = 0.7;
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_string_equal(w->saved.arms[0].name, "b");
    assert_true(fabs(w->saved.arms[0].reward_ema - ema) < 1e-6);
    assert_int_equal(w->saved.leader, 0);
    assert_true(fabs(w->saved.arms[0].desired + w->saved.arms[1].desired - 1) < 1e-9);
}

static void an_invalid_object_is_held_with_its_last_good_spec(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    double before;

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 5);
    before = w->weights[1];
    assert_true(tell_other(w, STORE_INVALID, "spec.arms: too few"));
    assert_false(tell_other(w, STORE_INVALID, "spec.arms: too few"));
    decide_times(w, 3);
    assert_int_equal(w->saved.verdict, VERDICT_HELD);
    assert_int_equal(w->saved.reason, REASON_INVALID_SPEC);
    assert_string_equal(w->saved.message, "spec.arms: too few");
    assert_true(w->weights[1] == before);
    assert_true(tell(w, "", "", 1)); /* mended */
    decide_times(w, 1);
    assert_int_not_equal(w->saved.verdict, VERDICT_HELD);
}

static void an_object_that_never_made_sense_is_left_alone(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    assert_true(tell_other(w, STORE_INVALID, "spec: missing"));
    assert_int_equal(run(w), RECONCILED);
    assert_int_equal(w->again_ms, INT64_MAX);
    assert_int_equal(w->io, 0);
    assert_true(tell_other(w, STORE_DELETE, NULL));
    assert_int_equal(run(w), RECONCILED);
    assert_int_equal(run(w), RECONCILED);
}

static void deletion_does_what_it_was_told(void **state)
{
    static const struct {
        const char *on_delete;
        double want[3]; /* -1: as it was */
    } rows[] = {
        {"Baseline", {1, 0, 0}               },
        {"Uniform",  {1. / 3, 1. / 3, 1. / 3}},
        {"KeepLast", {-1, -1, -1}            },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(world_freep)
        struct world *w = world_new();
        char spec[64];
        double before[3];

        (void)snprintf(spec, sizeof(spec), "spec:\n  onDelete: %s\n", rows[i].on_delete);
        (void)tell(w, "spec:\n", spec, 1);
        decide_times(w, 20);
        memcpy(before, w->weights, sizeof(before));
        assert_true(drift_repairs(w) == 0);
        assert_true(tell_other(w, STORE_DELETE, NULL));
        assert_int_equal(run(w), RECONCILED);
        for (size_t k = 0; k < 3; k++)
            assert_true(w->weights[k] ==
                        (rows[i].want[k] < 0 ? before[k] : rows[i].want[k]));
        assert_true(isnan(drift_repairs(w))); /* no series is left */
        assert_true(isnan(metric(w, "route=\"digits\"")));
        assert_int_equal(w->again_ms, INT64_MAX);
    }
}

static void deletion_is_tried_until_the_data_plane_answers(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 20);
    (void)tell_other(w, STORE_DELETE, NULL);
    w->fail_at = w->io + 1;
    assert_int_equal(run(w), RECONCILE_FAILED);
    assert_int_equal(run(w), RECONCILED);
    assert_true(w->weights[0] == 1);
}

static void a_route_that_comes_back_is_taken_up_again(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 20);
    (void)tell_other(w, STORE_DELETE, NULL);
    assert_true(tell(w, "", "", 1)); /* before anybody looked */
    decide_times(w, 1);
    assert_sane(w);
    assert_int_equal(w->saved.decisions, 21);
    assert_true(drift_repairs(w) == 0);
}

static void asked_to_stop_it_writes_nothing(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 2);
    w->stopping = true;
    decide_times(w, 1);
    assert_int_equal(w->saves, 2);
}

/* Let the Nth call fail, for every N; then lift the fault and look again: the world is as
 * it should be, whatever was cut off in the middle. Ends with the N that is not met. */
static void after_any_single_failure_it_converges(void **state)
{
    unsigned long n = 0;
    bool met = true;

    (void)state;
    while (met) {
        struct world *w = world_new();

        w->fail_at = ++n;
        (void)tell(w, "", "", 1);
        for (int i = 0; i < 6; i++) {
            if (run(w) == RECONCILE_FAILED) {
                pass(w, 50);
                (void)run(w);
                pass(w, -50);
            }
            pass(w, 10000);
        }
        met = w->io >= n;
        halt(w); /* and a restart on top of it */
        boot(w);
        (void)tell(w, "", "", 1);
        decide_times(w, 20);
        assert_sane(w);
        assert_int_equal(w->saved.leader, 1);
        assert_true(fabs(w->weights[1] - (0.8 + 0.2 / 3)) < 1e-6);
        world_free(w);
    }
    assert_true(n > 24); /* six ticks of four calls at least */
}

/* ---- where deletion waits for us -----------------------------------------------------
 */

static struct world *waiting_world(const char *on_delete)
{
    struct world *w = world_new();
    char spec[64];

    w->reconciler.set_finalizer = set_finalizer;
    (void)snprintf(spec, sizeof(spec), "spec:\n  onDelete: %s\n", on_delete);
    (void)tell(w, "spec:\n", spec, 1);
    return w;
}

static void begin_deletion(struct world *w)
{
    w->deleting = true;
    assert_true(tell(w, "", "", 2)); /* that raises the generation */
}

static void the_finalizer_comes_before_the_first_weight(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Baseline");

    (void)state;
    w->fail_at = 1;
    assert_int_equal(run(w), RECONCILE_FAILED);
    assert_int_equal(w->dataplane_writes, 0);
    assert_int_equal(w->saves, 0);
    decide_times(w, 20);
    assert_true(w->finalizer);
    assert_sane(w);
}

static void a_shadow_needs_no_finalizer(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    w->reconciler.set_finalizer = set_finalizer;
    (void)tell(w, "spec:\n", "spec:\n  mode: Shadow\n", 1);
    decide_times(w, 3);
    assert_false(w->finalizer);
}

static void the_object_goes_when_the_data_plane_obeys(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Baseline");

    (void)state;
    decide_times(w, 20);
    begin_deletion(w);
    w->deaf = true;
    assert_int_equal(run(w), RECONCILE_FAILED);
    assert_true(w->finalizer);
    w->deaf = false;
    assert_int_equal(run(w), RECONCILED);
    assert_false(w->finalizer);
    assert_true(w->weights[0] == 1);
    w->weights[0] = 0.25; /* the next owner's */
    (void)tell_other(w, STORE_DELETE, NULL);
    assert_int_equal(run(w), RECONCILED);
    assert_true(w->weights[0] == 0.25);
    assert_true(isnan(metric(w, "route=\"digits\"")));
}

static void deletion_does_not_wait_for_ever(void **state)
{
    static const struct {
        enum error_kind failure; /* of the data plane, from now on */
        int64_t wait_ms;
    } rows[] = {
        {ERR_INVALID, 0                   },
        {ERR_IO,      FAREWELL_PATIENCE_MS},
        {ERR_TIMEOUT, FAREWELL_PATIENCE_MS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(world_freep)
        struct world *w = waiting_world("Baseline");

        decide_times(w, 20);
        begin_deletion(w);
        w->failure = rows[i].failure;
        for (int64_t waited = 0; waited < rows[i].wait_ms; waited += 50000) {
            w->fail_at = w->io + 1;
            assert_int_equal(run(w), RECONCILE_FAILED);
            assert_true(w->finalizer);
            pass(w, 50000);
        }
        w->fail_at = w->io + 1;
        assert_int_equal(run(w), RECONCILED);
        assert_false(w->finalizer);
    }
}

static void a_farewell_that_was_cut_off_is_finished_by_the_next_process(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Uniform");

    (void)state;
    decide_times(w, 20);
    begin_deletion(w);
    w->fail_at = w->io + 3; /* write, read, let go */
    assert_int_equal(run(w), RECONCILE_FAILED);
    assert_true(w->finalizer);
    halt(w);
    boot(w);
    w->reconciler.set_finalizer = set_finalizer;
    (void)tell(w, "spec:\n", "spec:\n  onDelete: Uniform\n", 2);
    assert_int_equal(run(w), RECONCILED);
    assert_false(w->finalizer);
    assert_true(w->weights[0] == 1. / 3);
}

static void what_was_never_understood_is_let_go(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    char told[CACHE_KEY_MAX];

    (void)state;
    w->reconciler.set_finalizer = set_finalizer;
    w->finalizer = true;
    assert_true(cache_tell(w->cache,
                           &(struct store_event){.type = STORE_INVALID,
                                                 .namespace = "default",
                                                 .name = "digits",
                                                 .message = "spec: odd",
                                                 .deleting = true},
                           told));
    assert_int_equal(run(w), RECONCILED);
    assert_false(w->finalizer);
    assert_int_equal(w->dataplane_writes, 0);
}

static void who_does_not_lead_writes_nothing(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Baseline");

    (void)state;
    decide_times(w, 3);
    w->no_leader = true;
    w->dataplane_writes = 0;
    decide_times(w, 3);
    begin_deletion(w);
    assert_int_equal(run(w), RECONCILE_FAILED);
    assert_int_equal(w->dataplane_writes, 0);
    assert_true(w->finalizer);
}

static void an_overtaken_status_is_written_on_what_there_is_now(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    (void)tell(w, "", "", 1);
    decide_times(w, 30);
    w->failure = ERR_CONFLICT;
    w->fail_at = w->io + 3;
    assert_int_equal(run(w), RECONCILE_FAILED); /* and so again soon */
    pass(w, 50);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);
}

/* ---- where statuses are counted ------------------------------------------------------
 */

static struct world *counting_world(double per_second)
{
    struct world *w = world_new();

    w->budget = w->reconciler.budget = write_budget_new(per_second);
    (void)tell(w, "", "", 1);
    return w;
}

static void a_small_fleet_has_every_decision_written(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(1);

    (void)state;
    decide_times(w, 50);
    assert_int_equal(w->saves, 50);
    assert_int_equal(w->saved.max_lag_ms, 0);
}

/* One write in 100 s for a route that decides every 10 s. */
static void a_large_fleet_writes_what_matters_and_the_rest_in_turn(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(0.01);
    unsigned before;

    (void)state;
    decide_times(w, 60);
    assert_int_equal(w->saved.max_lag_ms, 100000);
    assert_sane(w);
    before = w->saves;
    decide_times(w, 100);
    assert_in_range(w->saves - before, 9, 11);
    w->success[1] = 0; /* the leader breaks: people want to know */
    pass(w, 1000000);  /* and there is something left of the budget */
    before = w->saves;
    decide_times(w, 1);
    assert_int_equal(w->saves, before + 1);
    assert_int_equal(w->saved.leader, 0);
}

static void a_status_waits_for_its_place_in_line(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(0.1);
    int64_t at_ms = 0;

    (void)state;
    for (int i = 0; i < 10; i++) /* others were here before */
        at_ms = write_budget_reserve(w->budget, w->now.mono_ms);
    assert_true(at_ms > w->now.mono_ms);
    assert_int_equal(run(w), RECONCILED_AFTER);
    assert_int_equal(w->saves, 0);
    assert_int_equal(w->again_ms, w->now.mono_ms + 10000); /* its next decision first */
    for (int i = 0; i < 20 && !w->saves; i++) {
        pass(w, w->again_ms - w->now.mono_ms);
        (void)run(w);
    }
    assert_int_equal(w->saves, 1);
    assert_in_range(w->now.mono_ms, at_ms, at_ms + 10001);
    assert_true(w->saved.decisions > 1); /* the newest one */
}

static void a_restart_writes_nothing_that_is_there_already(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(0.01);
    unsigned before;

    (void)state;
    decide_times(w, 60);
    halt(w);
    boot(w);
    (void)tell(w, "", "", 1);
    before = w->saves;
    decide_times(w, 3);
    assert_in_range(w->saves, before, before + 1);
}

/* ---- events --------------------------------------------------------------------------
 */

static void the_same_words_are_logged_once_in_five_minutes(void **state)
{
    CLEANUP(events_freep)
    struct events *e = events_new();
    struct route_event held = {"n/r", EVENT_WARNING, "PrometheusDown", "tried 3 times",
                               NULL};
    struct route_event other = {"n/r2", EVENT_WARNING, "PrometheusDown", "x", NULL};
    struct route_event leads = {"n/r", EVENT_NORMAL, "BestArm", "a leads", NULL};
    unsigned left_out = 9;

    (void)state;
    assert_true(events_admit(e, &held, 0, &left_out));
    assert_int_equal(left_out, 0);
    held.message = "tried 4 times"; /* of a warning, the reason counts */
    assert_false(events_admit(e, &held, 1000, &left_out));
    assert_false(events_admit(e, &held, 299999, &left_out));
    assert_true(events_admit(e, &other, 1000, &left_out));
    assert_true(events_admit(e, &held, 300000, &left_out));
    assert_int_equal(left_out, 2);
    assert_true(events_admit(e, &leads, 0, &left_out));
    leads.message = "b leads";
    assert_true(events_admit(e, &leads, 1, &left_out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_goes_where_the_reward_is),
        cmocka_unit_test(decisions_come_at_their_interval_whatever_wakes_it),
        cmocka_unit_test(echoes_of_its_own_writes_are_no_news),
        cmocka_unit_test(drift_is_repaired_and_counted),
        cmocka_unit_test(what_gateways_say_is_told_when_they_say_it),
        cmocka_unit_test(an_arm_that_dies_between_decisions_is_left_at_once),
        cmocka_unit_test(a_target_that_comes_is_decided_on_at_once),
        cmocka_unit_test(others_than_active_never_write),
        cmocka_unit_test(held_ticks_leave_the_averages_alone),
        cmocka_unit_test(a_decision_that_is_not_taken_is_held),
        cmocka_unit_test(a_status_that_was_not_taken_is_written_again),
        cmocka_unit_test(state_survives_a_restart),
        cmocka_unit_test(a_new_arm_list_keeps_what_matches_by_name),
        cmocka_unit_test(an_invalid_object_is_held_with_its_last_good_spec),
        cmocka_unit_test(an_object_that_never_made_sense_is_left_alone),
        cmocka_unit_test(deletion_does_what_it_was_told),
        cmocka_unit_test(deletion_is_tried_until_the_data_plane_answers),
        cmocka_unit_test(a_route_that_comes_back_is_taken_up_again),
        cmocka_unit_test(asked_to_stop_it_writes_nothing),
        cmocka_unit_test(after_any_single_failure_it_converges),
        cmocka_unit_test(the_finalizer_comes_before_the_first_weight),
        cmocka_unit_test(a_shadow_needs_no_finalizer),
        cmocka_unit_test(the_object_goes_when_the_data_plane_obeys),
        cmocka_unit_test(deletion_does_not_wait_for_ever),
        cmocka_unit_test(a_farewell_that_was_cut_off_is_finished_by_the_next_process),
        cmocka_unit_test(what_was_never_understood_is_let_go),
        cmocka_unit_test(who_does_not_lead_writes_nothing),
        cmocka_unit_test(an_overtaken_status_is_written_on_what_there_is_now),
        cmocka_unit_test(a_small_fleet_has_every_decision_written),
        cmocka_unit_test(a_large_fleet_writes_what_matters_and_the_rest_in_turn),
        cmocka_unit_test(a_status_waits_for_its_place_in_line),
        cmocka_unit_test(a_restart_writes_nothing_that_is_there_already),
        cmocka_unit_test(the_same_words_are_logged_once_in_five_minutes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

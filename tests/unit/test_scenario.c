/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario is a gate, so it is read strictly: nothing that it says is left out, and
 * what it expects can be missed. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sim/results.h"

/* Every part of a scenario, so that each can be spoilt. */
static const char good[] = "name: small\n"
                           "about: an hour\n"
                           "duration: 1h\n"
                           "scrape: 15s\n"
                           "rates: [1, 10]\n"
                           "missingScrapes: 0.1\n"
                           "arms: {a: {success: 0.97}, b: {success: 0.95}}\n"
                           "load: {strength: 0.25, capacity: 1}\n"
                           "labels: {delay: 1m, share: 0.5}\n"
                           "drift: {a: {amplitude: 0.01, phase: 0, period: 12h}}\n"
                           "happenings:\n"
                           "- {at: 10m, for: 5m, prometheus: down}\n"
                           "- {at: 20m, arm: b, ready: false}\n"
                           "- {at: 30m, arm: a, success: 0.6}\n"
                           "- {at: 40m, for: 5m, rate: 0.5}\n"
                           "watch: {arm: a, at: 30m}\n"
                           "spec: {interval: 30s}\n"
                           "policies:\n"
                           "- {name: EpsilonGreedy}\n"
                           "- {name: Softmax, spec: {policy: {type: Softmax}}}\n"
                           "expect:\n"
                           "- {policy: Softmax, rate: 10, changesPerHour: 60}\n"
                           "- {policy: EpsilonGreedy, rightLeader: 0}\n";

/* The scenario with `from` replaced by `to`. */
static struct scenario *read_changed(const char *from, const char *to, struct error *err)
{
    char path[] = "/tmp/scenario-XXXXXX";
    const char *at = strstr(good, from);
    CLEANUP(file_closep)
    int fd = mkstemp(path);
    struct scenario *s;

    assert_true(fd >= 0);
    if (!at)
        fail_msg("no \"%s\" in it", from);
    assert_true(dprintf(fd, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from)) >
                0);
    s = scenario_read(path, err);
    assert_int_equal(unlink(path), 0);
    return s;
}

static void what_is_right_is_read(void **state)
{
    CLEANUP(scenario_freep)
    struct scenario *s = NULL;
    struct error err;

    (void)state;
    s = read_changed("name", "name", &err);
    if (!s) {
        fail_msg("%s", err.msg);
        return;
    }
    assert_int_equal(s->happening_count, 4);
    assert_int_equal(s->expectation_count, 2);
    assert_true(s->happenings[0].value == 0);
    assert_true(s->settings.load_strength == 0.25 && s->settings.label_share == 0.5);
}

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *from, *to, *want;
    } rows[] = {
        {"rightLeader: 0",                                       "rightLeder: 0.9",          "rightLeder"          },
        {"rightLeader: 0",                                       "rightLeader: high",        "rightLeader"         },
        {", rightLeader: 0",                                     "",                         "nothing is bounded"  },
        {"rate: 10,",                                            "rate: 20,",                "none of the scenario"},
        {"rate: 10,",                                            "rates: 10,",               "rates"               },
        {"policy: Softmax, r",                                   "policy: Softmaks, r",      "Softmaks"            },
        {"strength",                                             "strenght",                 "strenght"            },
        {"capacity: 1",                                          "capacity: big",            "capacity"            },
        {"delay",                                                "delays",                   "delays"              },
        {"share: 0.5",                                           "share: 50",                "share"               },
        {"amplitude",                                            "amplitud",                 "amplitud"            },
        {", period: 12h",                                        "",                         "period"              },
        {"{a: {amplitude",                                       "{x: {amplitude",           "no arm \"x\""        },
        {"watch: {arm: a, at",                                   "watch: {arm: a, after",    "after"               },
        {"prometheus: down",                                     "prometheus: dwon",         "prometheus"          },
        {"prometheus: down",                                     "arm: a, prometheus: down", "is of no arm"        },
        {"arm: b, ready",                                        "ready",                    "of which arm"        },
        {"ready: false",                                         "ready: maybe",             "ready"               },
        {"arm: b, ready: false",                                 "arm: b",                   "nothing changes"     },
        {"success: 0.6",                                         "success: 60",              "success"             },
        {"rate: 0.5",                                            "rates: 0.5",               "rates"               },
        {"at: 40m",                                              "at: 2h",                   "over by then"        },
        {"missingScrapes: 0.1",                                  "missingScrapes: 10",       "missingScrapes"      },
        {"missingScrapes: 0.1",                                  "missingScrape: 0.1",       "missingScrape"       },
        {"b: {success: 0.95}",                                   "b: {}",                    "arms.b"              },
        {"drift: {a: {amplitude: 0.01, phase: 0, period: 12h}}", "drift: 5",                 "drift"               },
        {"spec: {interval: 30s}",                                "spec: 30s",                "spec: not a mapping" },
        {"name: Softmax",                                        "name: EpsilonGreedy",      "two are called"      },
        {"name: small",                                          "name: ''",                 "name"                },
        {"expect:\n- ",                                          "expect:\n  ",              "expect"              },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        struct scenario *s = read_changed(rows[i].from, rows[i].to, &err);

        if (s)
            fail_msg("\"%s\" was taken", rows[i].to);
        if (!strstr(err.msg, rows[i].want))
            fail_msg("\"%s\": %s", rows[i].to, err.msg);
    }
}

/* What --gate answers about a scenario. */
static bool gate(struct scenario *s)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(1 << 20);
    struct result item = {
        .scenario = s, .candidate = &s->candidates[0], .rate = s->rates[0]};
    struct results r = {
        .scenarios = &s, .scenario_count = 1, .items = &item, .count = 1, .seeds = 1};
    bool met;

    item.measures[MEASURE_RIGHT] = (struct summary){.count = 1, .mean = 0.5};
    met = results_gate(&r, &out);
    if (met == (strstr(buf_str(&out), "FAILED") != NULL))
        fail_msg("%s", buf_str(&out));
    return met;
}

static void a_gate_that_expects_nothing_is_shut(void **state)
{
    CLEANUP(scenario_freep)
    struct scenario *open = NULL;
    CLEANUP(scenario_freep)
    struct scenario *missed = NULL;
    struct error err;

    (void)state;
    open = read_changed("name", "name", &err);
    missed = read_changed("rightLeader: 0", "rightLeader: 0.9", &err);
    assert_non_null(open);
    assert_non_null(missed);
    assert_true(gate(open));
    assert_false(gate(missed));
    open->expectation_count = 0;
    assert_false(gate(open));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_is_read),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(a_gate_that_expects_nothing_is_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

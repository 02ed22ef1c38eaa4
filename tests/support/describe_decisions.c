/* SPDX-License-Identifier: Apache-2.0 */
#include "support/describe_decisions.h"

#include "route/route_meanings.h"

static const char *or_dash(const char *text)
{
    return text ? text : "";
}

static void add_verdicts(struct buf *out)
{
    buf_puts(out,
             "## Verdicts\n\n"
             "`status.verdict`, the label `verdict` of "
             "`bandit_operator_decisions_total` and `bandit_route_decision_info`.\n\n"
             "| verdict | what was decided | weights |\n|---|---|---|\n");
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        buf_printf(out, "| <a id=\"verdict-%s\"></a>`%s` | %s | %s |\n",
                   verdict_name((enum verdict)v), verdict_name((enum verdict)v),
                   route_verdict_meanings[v].what, route_verdict_meanings[v].weights);
}

/* ---- reasons -------------------------------------------------------------------------
 */

static void add_reason(enum reason reason, struct buf *out)
{
    const struct reason_meaning *m = &route_reason_meanings[reason];
    const char *comma = "";

    buf_printf(out, "| <a id=\"reason-%s\"></a>`%s` | ", reason_name(reason),
               reason_name(reason));
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (m->verdicts >> v & 1U) {
            buf_printf(out, "%s`%s`", comma, verdict_name((enum verdict)v));
            comma = ", ";
        }
    buf_printf(out, " | %s | %s |\n", m->when, m->remedy);
}

static bool is_only_held(unsigned verdicts)
{
    return verdicts == 1U << VERDICT_HELD;
}

static bool is_made(unsigned verdicts)
{
    return verdicts && !is_only_held(verdicts);
}

static bool is_of_condition(unsigned verdicts)
{
    return !verdicts;
}

static void add_reasons(struct buf *out)
{
    static const struct {
        const char *heading;
        bool (*has)(unsigned verdicts);
    } groups[] = {
        {"\n## Reasons of a decision that was made\n\n"
         "`status.reason`, and the label `reason` beside `verdict`.\n\n", is_made        },
        {"\n## Reasons of a decision that was held\n\n"
         "Weights, averages and counts stay as they are. Each hold is counted in "
         "`bandit_operator_decisions_total{verdict=\"Held\"}`, is told as a warning "
         "Event "
         "and sets `Ready` to False. [Tests](../tests/integration/operator_hostile.py) "
         "do "
         "these things to the real program.\n\n",                         is_only_held   },
        {"\n## Reasons of a condition alone\n\n"
         "They explain `RouteProgrammed`. They hold no decision.\n\n",    is_of_condition},
    };

    for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
        buf_puts(out, groups[g].heading);
        buf_puts(out,
                 "| reason | with verdict | when | what to do |\n|---|---|---|---|\n");
        for (size_t r = 0; r < REASON_COUNT; r++)
            if (groups[g].has(route_reason_meanings[r].verdicts))
                add_reason((enum reason)r, out);
    }
}

/* ---- the rest ------------------------------------------------------------------------
 */

static void add_conditions(struct buf *out)
{
    buf_puts(
        out,
        "\n## Conditions\n\n"
        "`status.conditions`, and `bandit_route_condition{condition,status}`. "
        "`kubectl wait --for=condition=Ready` waits for one of them.\n\n"
        "| condition | True | False | Unknown | what to do |\n|---|---|---|---|---|\n");
    for (size_t c = 0; c < CONDITION_COUNT; c++) {
        const struct condition_meaning *m = &route_condition_meanings[c];

        buf_printf(out, "| <a id=\"condition-%s\"></a>`%s` | %s | %s | %s | %s |\n",
                   condition_name((enum condition_type)c),
                   condition_name((enum condition_type)c), or_dash(m->when_true),
                   or_dash(m->when_false), or_dash(m->when_unknown), m->remedy);
    }
    buf_puts(out, "\nBefore the first decision every condition is Unknown. "
                  "`lastTransitionTime` moves only when the status of the condition "
                  "changes. Ready does not wait for a gateway that has not looked yet: "
                  "wait for RouteProgrammed, too, where that matters.\n");
}

static void add_arm_states(struct buf *out)
{
    buf_puts(out, "\n## States of an arm\n\n"
                  "`status.arms[].state`, and `bandit_arm_state`.\n\n"
                  "| state | when | traffic | what ends it |\n|---|---|---|---|\n");
    for (size_t s = 0; s < ARM_STATE_COUNT; s++) {
        const struct arm_state_meaning *m = &route_arm_state_meanings[s];

        buf_printf(out, "| `%s` | %s | %s | %s |\n", arm_state_name((enum arm_state)s),
                   m->when, m->traffic, m->next);
    }
}

static const char *type_of(bool warning)
{
    return warning ? "Warning" : "Normal";
}

static void add_events(struct buf *out)
{
    buf_puts(out,
             "\n## Events\n\n"
             "The operator logs each Event (`msg=\"route event\"`). On an API server it "
             "also writes it as an `events.k8s.io/v1` Event of the BanditRoute. In mode "
             "`Shadow` the message of a decision's Event begins with `shadow:`.\n\n"
             "These Events have the word of a reason:\n\n"
             "| Event | type | when |\n|---|---|---|\n");
    for (const struct reason_event_meaning *m = route_reason_event_meanings; m->when; m++)
        buf_printf(out, "| `%s` | %s | %s |\n", reason_name(m->reason),
                   type_of(m->warning), m->when);
    buf_puts(out, "| the reason of the decision | Normal | The first arm leads, or the "
                  "route decides again after a hold, a pin or a freeze. |\n"
                  "| each reason that a decision is held for | Warning | The decision is "
                  "held, and was not before, or for another reason. |\n"
                  "| each reason of a condition alone | Warning | `RouteProgrammed` "
                  "becomes False for it. |\n\n"
                  "These have a word of their own:\n\n"
                  "| Event | type | when | what to do |\n|---|---|---|---|\n");
    for (const struct event_meaning *m = route_event_meanings; m->name; m++)
        buf_printf(out, "| `%s` | %s | %s | %s |\n", m->name, type_of(m->warning),
                   m->when, m->remedy);
}

void describe_decisions(struct buf *out)
{
    buf_puts(out,
             "# Decisions in words\n\n"
             "<!-- Made by tests/support/describe_decisions.c; change "
             "lib/route/route_meanings.c. -->\n\n"
             "This page lists every word that a decision uses: what it means, when it "
             "is used, and what to do. `/debug/routes?namespace=N&name=R` answers with "
             "the same sentences. [Policies and guardrails](policies.md) explains how "
             "decisions are made.\n\n");
    add_verdicts(out);
    add_reasons(out);
    add_conditions(out);
    add_arm_states(out);
    add_events(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/report.h"

#include <math.h>

#include "json/json.h"

static const struct {
    const char *name;
    double q;
} quantiles[] = {
    {"p50", 0.5 },
    {"p95", 0.95},
    {"p99", 0.99}
};

static uint64_t sum(const uint64_t *counts, size_t n)
{
    uint64_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += counts[i];
    return total;
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

static uint64_t all_answers(const struct tally *t)
{
    uint64_t answers = 0;

    for (size_t i = 0; i < t->arm_count; i++)
        answers += t->arms[i].answers;
    return answers;
}

/* "timeout 3, http_5xx 4", or nothing. */
static void add_counts(const char *const *names, const uint64_t *counts, size_t n,
                       struct buf *out)
{
    const char *between = "";

    for (size_t i = 0; i < n; i++) {
        if (!counts[i])
            continue;
        buf_printf(out, "%s%s %llu", between, names[i], (unsigned long long)counts[i]);
        between = ", ";
    }
}

static void add_row(const char *name, uint64_t answers, uint64_t all, uint64_t ok,
                    const struct latency *l, struct buf *out)
{
    buf_printf(out, "%-24s %9llu %7.1f%% %9llu", name, (unsigned long long)answers,
               100 * ratio(answers, all), (unsigned long long)ok);
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        char text[LATENCY_TEXT_MAX];

        buf_printf(out, " %9s",
                   latency_text(latency_quantile_ns(l, quantiles[i].q), text));
    }
    buf_putc(out, '\n');
}

void report_text(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;
    size_t by_name[ARMS_MAX];
    uint64_t answers = all_answers(t);
    uint64_t failed = sum(t->failures, FAILURE_COUNT);

    tally_by_name(t, by_name);
    if (t->due > t->sent)
        buf_printf(out, "%llu requests were due, ", (unsigned long long)t->due);
    buf_printf(out, "%llu requests sent in %.1f s, %.1f per second (%s, seed %llu)\n",
               (unsigned long long)t->sent, r->seconds,
               r->seconds > 0 ? (double)t->sent / r->seconds : 0, r->pattern,
               (unsigned long long)r->seed);
    buf_printf(out, "  ok        %llu\n", (unsigned long long)t->ok);
    buf_printf(out, "  errors    %llu%s", (unsigned long long)failed, failed ? ": " : "");
    add_counts(failure_names, t->failures, FAILURE_COUNT, out);
    buf_printf(out, "\n  feedback  %llu%s",
               (unsigned long long)sum(t->feedback, FEEDBACK_COUNT),
               sum(t->feedback, FEEDBACK_COUNT) ? ": " : "");
    add_counts(feedback_names, t->feedback, FEEDBACK_COUNT, out);
    if (failed)
        buf_printf(out, "\n  the last error: %s", r->trouble);
    buf_printf(out, "\n\n%-24s %9s %8s %9s %9s %9s %9s\n", "arm", "answers", "share",
               "ok", "p50", "p95", "p99");
    for (size_t i = 0; i < t->arm_count; i++) {
        const struct arm_tally *arm = &t->arms[by_name[i]];

        add_row(arm->name, arm->answers, answers, arm->ok, &arm->latency, out);
    }
    add_row("all requests", t->latency.total, t->latency.total, t->ok, &t->latency, out);
    buf_puts(out, "\nLatency runs from when a request was due, within 0.4 %; \"all "
                  "requests\" holds those without an answer, too.\n");
}

static struct json *counts_json(const char *const *names, const uint64_t *counts,
                                size_t n)
{
    struct json *j = json_new_object();

    for (size_t i = 0; i < n; i++)
        json_put_number(j, names[i], (double)counts[i]);
    return j;
}

static struct json *latency_json(const struct latency *l)
{
    struct json *j = json_new_object();

    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
        json_put_number(j, quantiles[i].name,
                        latency_quantile_ns(l, quantiles[i].q) / 1e9);
    return j;
}

void report_json(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;
    size_t by_name[ARMS_MAX];
    uint64_t answers = all_answers(t);
    CLEANUP(json_freep)
    struct json *j = json_new_object();
    struct json *list = json_new_array();

    tally_by_name(t, by_name);
    json_put_string(j, "url", r->url);
    json_put_string(j, "data", r->data);
    json_put_string(j, "pattern", r->pattern);
    json_put_number(j, "rate", r->rate);
    json_put_number(j, "seed", (double)r->seed);
    json_put_number(j, "seconds", r->seconds);
    json_put_number(j, "due", (double)t->due);
    json_put_number(j, "sent", (double)t->sent);
    json_put_number(j, "ok", (double)t->ok);
    json_put(j, "errors", counts_json(failure_names, t->failures, FAILURE_COUNT));
    json_put(j, "feedback", counts_json(feedback_names, t->feedback, FEEDBACK_COUNT));
    json_put(j, "latency_seconds", latency_json(&t->latency));
    for (size_t i = 0; i < t->arm_count; i++) {
        const struct arm_tally *from = &t->arms[by_name[i]];
        struct json *arm = json_new_object();

        json_put_string(arm, "name", from->name);
        json_put_number(arm, "answers", (double)from->answers);
        json_put_number(arm, "share", ratio(from->answers, answers));
        json_put_number(arm, "ok", (double)from->ok);
        json_put(arm, "latency_seconds", latency_json(&from->latency));
        json_push(list, arm);
    }
    json_put(j, "arms", list);
    json_write_pretty(j, out);
    buf_putc(out, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rewards/fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "httpc/httpc.h"
#include "rewards/answer.h"

enum { URL_MAX = 64 * 1024 };

struct fetch {
    struct httpc *http;
    char *url; /* of the query API */
    int64_t timeout_ms;
    rewards_report_fn *report;
    void *report_arg;
};

static const char *const queries[QUERY_COUNT][WINDOW_COUNT] = {
    [QUERY_GOOD] = {"bandit:arm_objective_good:increase1m",
                    "bandit:arm_objective_good:increase5m",     "bandit:arm_objective_good:increase30m"   },
    [QUERY_EVENTS] = {"bandit:arm_objective_events:increase1m",
                    "bandit:arm_objective_events:increase5m",   "bandit:arm_objective_events:increase30m" },
    [QUERY_SCRAPE] = {"bandit:arm_last_scrape:timestamp_seconds",
                    "bandit:arm_last_scrape:timestamp_seconds", "bandit:arm_last_scrape:timestamp_seconds"},
};

const char *rewards_query_text(enum rewards_query query, enum route_window window)
{
    return queries[query][window];
}

struct fetch *fetch_new(const struct rewards_options *options)
{
    struct fetch *f = mem_alloc(1, sizeof(*f));
    CLEANUP(buf_clear)
    struct buf url = BUF_INIT(URL_MAX);
    size_t len = strlen(options->url);

    while (len && options->url[len - 1] == '/')
        len--;
    buf_add(&url, options->url, len);
    buf_puts(&url, "/api/v1/query");
    f->url = buf_take(&url);
    f->http = httpc_new(options->stop);
    f->timeout_ms = options->timeout_ms;
    f->report = options->report;
    f->report_arg = options->report_arg;
    return f;
}

void fetch_free(struct fetch *f)
{
    if (!f)
        return;
    httpc_free(f->http);
    free(f->url);
    free(f);
}

static bool sink(void *arg, const char *bytes, size_t n)
{
    return answer_feed(arg, bytes, n);
}

/* Why there was no answer at all. */
static enum reason reason_of(const struct error *err)
{
    switch (err->kind) {
    case ERR_TIMEOUT:
        return REASON_PROMETHEUS_TIMEOUT;
    case ERR_INVALID:
        return REASON_TRUNCATED_ANSWER;
    default:
        return REASON_PROMETHEUS_DOWN;
    }
}

/* Put the answer to one query into the table. False with *canceled when asked to stop,
 * else with problem and detail of the snapshot set. */
static bool ask(struct fetch *f, enum rewards_query query, enum route_window window,
                struct rewards_snapshot *s, bool *canceled)
{
    static const char *const headers[] = {
        "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
        NULL};
    CLEANUP(buf_clear)
    struct buf body = BUF_INIT(4096);
    CLEANUP(answer_clear)
    struct answer answer;
    CLEANUP(httpc_response_clear)
    struct httpc_response response = {.status = 0};
    char patience[TEXT_DURATION_MAX];
    struct rewards_report report = {.reason = REASON_NONE};
    int64_t start_ns = clock_mono_ns();
    struct error err;

    answer_init(&answer, s->table, query);
    buf_puts(&body, "query=");
    buf_add_encoded(&body, queries[query][window]);
    buf_printf(&body, "&time=%" PRId64 ".%03d&timeout=%s", s->asked_ms / 1000,
               (int)(s->asked_ms % 1000), text_from_duration(f->timeout_ms, patience));
    if (httpc_call(f->http,
                   &(struct httpc_request){.url = f->url,
                                           .headers = headers,
                                           .body = buf_str(&body),
                                           .body_len = body.len,
                                           .timeout_ms = f->timeout_ms,
                                           .sink = sink,
                                           .sink_arg = &answer},
                   &response, &err)) {
        s->problem = answer_reason(&answer, response.status, s->detail);
    } else if (err.kind == ERR_CANCELED) {
        *canceled = true;
        return false;
    } else {
        s->problem =
            answer.bytes > ANSWER_BYTES_MAX ? REASON_BAD_ANSWER : reason_of(&err);
        (void)snprintf(s->detail, sizeof(s->detail), "%.150s", err.msg);
    }
    report.reason = s->problem;
    report.status = response.status;
    report.seconds = (double)(clock_mono_ns() - start_ns) / 1e9;
    if (f->report)
        f->report(f->report_arg, &report);
    return s->problem == REASON_NONE;
}

struct rewards_snapshot *fetch_snapshot(struct fetch *f, enum route_window window,
                                        int64_t at_ms)
{
    struct rewards_snapshot *s = mem_alloc(1, sizeof(*s));
    bool canceled = false;

    s->table = rewards_table_new();
    s->references = 1;
    s->asked_ms = at_ms;
    for (enum rewards_query q = 0; q < QUERY_COUNT; q++)
        if (!ask(f, q, window, s, &canceled))
            break;
    s->mono_ms = clock_mono_ms();
    if (s->problem != REASON_NONE || canceled)
        rewards_table_free(STEAL(s->table));
    if (canceled)
        free(STEAL(s));
    return s;
}

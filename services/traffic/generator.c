/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/generator.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "httpc/httpc_pool.h"
#include "traffic/deck.h"
#include "traffic/labels.h"

enum { ANSWER_MAX = 1024 * 1024, HEADERS_MAX = 32, TRACEPARENT_MAX = 80 };

static const int64_t ns_per_ms = 1000000;
static const int64_t last_labels_ms = 10000;

/* A prediction under way, or room for one. */
struct flight {
    struct generator *g; /* NULL: room */
    const struct row *row;
    bool labelled; /* its label will be told */
    int64_t due_ns;
    struct flight *next_free;
};

struct generator {
    struct generator_options options;
    struct traffic_metrics *metrics;
    struct httpc_pool *pool;
    struct flight *flights, *first_free; /* as many as the pool takes */
    struct labels *labels;
    char *predict_url, *feedback_url;
    const char *headers[HEADERS_MAX];
    char traceparent[TRACEPARENT_MAX]; /* one of them, another for each request */
    struct random traces;
    struct schedule schedule;
    struct random random; /* of everything but the schedule */
    struct deck deck;     /* of the rows */
    int64_t start_ns, end_ns;
    int64_t next_ns; /* when the next request is due */

    pthread_mutex_t lock; /* of the two below */
    struct tally tally;
    char trouble[GENERATOR_TROUBLE_MAX];
};

static void count_feedback(void *arg, enum feedback_result result)
{
    struct generator *g = arg;

    (void)pthread_mutex_lock(&g->lock);
    g->tally.feedback[result]++;
    (void)pthread_mutex_unlock(&g->lock);
    counter_inc(g->metrics->feedback[result]);
}

static char *url_below(const char *url, const char *path)
{
    size_t len = strlen(url);
    struct buf text = BUF_INIT(len + strlen(path));

    buf_add(&text, url, len && url[len - 1] == '/' ? len - 1 : len);
    buf_puts(&text, path);
    return buf_take(&text);
}

static void give_back(struct generator *g, struct flight *f)
{
    *f = (struct flight){.next_free = g->first_free};
    g->first_free = f;
}

struct generator *generator_new(const struct generator_options *options,
                                struct traffic_metrics *metrics)
{
    struct generator *g = mem_alloc(1, sizeof(*g));
    struct random random = {options->seed};
    size_t n = 0;

    g->options = *options;
    g->metrics = metrics;
    g->predict_url = url_below(options->url, "/predict");
    g->feedback_url = url_below(options->url, "/feedback");
    g->headers[n++] = "Content-Type: application/json";
    g->headers[n++] = g->traceparent;
    for (const char *const *line = options->headers; *line; line++) {
        assert(n < HEADERS_MAX - 1);
        g->headers[n++] = *line;
    }
    g->schedule.pattern = options->pattern;
    g->schedule.random.state = random_next(&random);
    g->random.state = random_next(&random);
    g->traces.state = random_next(&random);
    deck_init(&g->deck, options->rows->count);
    g->pool = httpc_pool_new(options->max_in_flight, ANSWER_MAX);
    g->flights = mem_alloc(options->max_in_flight, sizeof(*g->flights));
    for (size_t i = 0; i < options->max_in_flight; i++)
        give_back(g, &g->flights[i]);
    g->labels =
        labels_new(&(struct labels_options){.pool = g->pool,
                                            .url = g->feedback_url,
                                            .headers = options->headers,
                                            .delay_ms = options->feedback_delay_ms,
                                            .timeout_ms = options->timeout_ms,
                                            .on_result = count_feedback,
                                            .arg = g});
    (void)pthread_mutex_init(&g->lock, NULL);
    return g;
}

void generator_free(struct generator *g)
{
    if (!g)
        return;
    httpc_pool_free(g->pool);
    free(g->flights);
    labels_free(g->labels);
    deck_clear(&g->deck);
    free(g->predict_url);
    free(g->feedback_url);
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
}

static void count_failure(struct generator *g, enum failure f, int64_t ns,
                          const char *why)
{
    (void)pthread_mutex_lock(&g->lock);
    tally_failure(&g->tally, f, ns);
    (void)snprintf(g->trouble, sizeof(g->trouble), "%.*s", (int)sizeof(g->trouble) - 1,
                   why);
    (void)pthread_mutex_unlock(&g->lock);
    counter_inc(g->metrics->failures[f]);
}

static void count_answer(struct generator *g, const struct httpc_response *resp,
                         int64_t ns)
{
    const char *name = httpc_response_header(resp, "X-Bandit-Arm");
    struct arm_tally *arm;

    (void)pthread_mutex_lock(&g->lock);
    arm = tally_arm(&g->tally, name);
    tally_answer(&g->tally, arm, resp->status, ns);
    if (resp->status / 100 != 2)
        (void)snprintf(g->trouble, sizeof(g->trouble), "%s answered %d: %.160s",
                       arm->name, resp->status, buf_str(&resp->body));
    (void)pthread_mutex_unlock(&g->lock);
    traffic_metrics_answer(g->metrics, arm->name, resp->status, (double)ns / 1e9);
}

static void on_done(void *arg, const struct httpc_response *resp, const struct error *err)
{
    struct flight *f = arg;
    struct generator *g = f->g;
    int64_t ns = clock_mono_ns() - f->due_ns;

    if (!resp) {
        count_failure(g, failure_of_error(err->kind), ns, err->msg);
    } else {
        count_answer(g, resp, ns);
        if (resp->status / 100 == 2 && f->labelled)
            labels_learn(g->labels, buf_str(&resp->body), resp->body.len, f->row->label);
    }
    give_back(g, f);
}

/* A trace for each request (W3C Trace Context), so that a server that keeps exemplars has
 * something to remember its slow ones by. */
static void begin_trace(struct generator *g)
{
    uint64_t high = random_next(&g->traces), low = random_next(&g->traces);
    uint64_t span = random_next(&g->traces);

    /* All zeros are no trace and no span. */
    (void)snprintf(g->traceparent, sizeof(g->traceparent),
                   "traceparent: 00-%016" PRIx64 "%016" PRIx64 "-%016" PRIx64 "-01", high,
                   low | 1, span | 1);
}

static void send_one(struct generator *g)
{
    const struct row *row = &g->options.rows->items[deck_draw(&g->deck, &g->random)];
    struct httpc_request req = {.url = g->predict_url,
                                .headers = g->headers,
                                .body = row->body,
                                .body_len = row->body_len,
                                .timeout_ms = g->options.timeout_ms};
    struct flight *f = g->first_free;
    struct error err;

    g->first_free = f->next_free;
    begin_trace(g);
    /* Drawn now and not when the answer comes: answers do not keep their order. */
    *f = (struct flight){.g = g,
                         .row = row,
                         .labelled = random_unit(&g->random) < g->options.feedback_ratio,
                         .due_ns = g->next_ns};
    (void)pthread_mutex_lock(&g->lock);
    g->tally.due++;
    g->tally.sent++;
    (void)pthread_mutex_unlock(&g->lock);
    counter_inc(g->metrics->requests);
    if (!httpc_pool_start(g->pool, &req, on_done, f, &err))
        on_done(f, NULL, &err);
}

static void schedule_one(struct generator *g)
{
    g->next_ns = g->start_ns + (int64_t)(schedule_next(&g->schedule) * 1e9);
}

/* The next request is not sent at all. */
static void skip_one(struct generator *g, enum failure f, const char *why)
{
    (void)pthread_mutex_lock(&g->lock);
    g->tally.due++;
    (void)pthread_mutex_unlock(&g->lock);
    count_failure(g, f, clock_mono_ns() - g->next_ns, why);
}

/* Send what is due. What found no place within its time-out is given up: its user would
 * be gone. Returns when there is something to do again, answers aside. */
static int64_t send_due(struct generator *g, int64_t now_ns)
{
    int64_t timeout_ns = g->options.timeout_ms * ns_per_ms;

    for (; g->next_ns <= now_ns && g->next_ns < g->end_ns; schedule_one(g)) {
        if (now_ns - g->next_ns > timeout_ns)
            skip_one(g, FAILURE_OVERRUN, "too many requests in flight");
        else if (httpc_pool_full(g->pool))
            return g->next_ns + timeout_ns + 1;
        else
            send_one(g);
    }
    return g->next_ns < g->end_ns ? g->next_ns : g->end_ns;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Labels wait for room in the pool, too. */
static int64_t send_labels(struct generator *g, int64_t now_ns)
{
    labels_send(g->labels, now_ns);
    return httpc_pool_full(g->pool) ? INT64_MAX : labels_due_ns(g->labels);
}

/* The answers to what was sent, and the last labels. */
static void finish(struct generator *g, const struct stop *stop, struct stop *abandon)
{
    int64_t labels_end_ns = clock_mono_ns() + last_labels_ms * ns_per_ms;

    for (;;) {
        int64_t now_ns = clock_mono_ns();
        int64_t wake_ns;

        if (stop_requested(stop) || now_ns > labels_end_ns)
            labels_end(g->labels);
        wake_ns = send_labels(g, now_ns);
        if (stop_requested(abandon) ||
            (!httpc_pool_in_flight(g->pool) && labels_due_ns(g->labels) == INT64_MAX))
            break;
        gauge_set(g->metrics->in_flight, (double)httpc_pool_in_flight(g->pool));
        /* Only one stop can wake the pool; the other is looked for now and then. */
        httpc_pool_run(g->pool, earlier(wake_ns, now_ns + 100 * ns_per_ms),
                       stop_fd(abandon));
    }
    labels_end(g->labels);
    for (; g->next_ns < g->end_ns; schedule_one(g))
        skip_one(g, FAILURE_ABANDONED, "ended before it was sent");
    for (size_t i = 0; i < g->options.max_in_flight; i++)
        if (g->flights[i].g)
            count_failure(g, FAILURE_ABANDONED, clock_mono_ns() - g->flights[i].due_ns,
                          "ended before the answer came");
}

void generator_run(struct generator *g, struct stop *stop, struct stop *abandon)
{
    int64_t now_ns = clock_mono_ns();

    g->start_ns = now_ns;
    g->end_ns =
        g->options.duration_ms ? now_ns + g->options.duration_ms * ns_per_ms : INT64_MAX;
    schedule_one(g);
    /* Past the end for those that were due before and found no place. */
    while (!stop_requested(stop) && (now_ns < g->end_ns || g->next_ns < g->end_ns)) {
        int64_t labels_ns = send_labels(g, now_ns); /* first: they must not starve */
        int64_t wake_ns = earlier(labels_ns, send_due(g, now_ns));

        gauge_set(g->metrics->in_flight, (double)httpc_pool_in_flight(g->pool));
        gauge_set(
            g->metrics->target_rate,
            pattern_rate(&g->options.pattern, (double)(now_ns - g->start_ns) / 1e9));
        httpc_pool_run(g->pool, wake_ns, stop_fd(stop));
        now_ns = clock_mono_ns();
    }
    g->end_ns = earlier(now_ns, g->end_ns);
    gauge_set(g->metrics->target_rate, 0);
    finish(g, stop, abandon);
    gauge_set(g->metrics->in_flight, 0);
}

void generator_glance(struct generator *g, struct glance *out)
{
    (void)pthread_mutex_lock(&g->lock);
    tally_glance(&g->tally, clock_mono_ns(), out);
    (void)pthread_mutex_unlock(&g->lock);
}

void generator_trouble(struct generator *g, char out[GENERATOR_TROUBLE_MAX])
{
    (void)pthread_mutex_lock(&g->lock);
    memcpy(out, g->trouble, GENERATOR_TROUBLE_MAX);
    (void)pthread_mutex_unlock(&g->lock);
}

const struct tally *generator_tally(const struct generator *g)
{
    return &g->tally;
}

double generator_seconds(const struct generator *g)
{
    return (double)(g->end_ns - g->start_ns) / 1e9;
}

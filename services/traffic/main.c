/* SPDX-License-Identifier: Apache-2.0 */
/* traffic-generator: labelled rows as live traffic, and their labels as feedback. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "traffic/generator.h"
#include "traffic/progress.h"
#include "traffic/report.h"
#include "traffic/settings.h"
#include "web/web.h"

enum { EXIT_OK = 0, EXIT_NOTHING_SENT = 1, EXIT_USAGE = 2, REPORT_MAX = 1024 * 1024 };

/* The generator in its own thread; the main one waits for signals and shows progress. */
struct run {
    struct generator *generator;
    struct stop *stop, *abandon;
    atomic_bool over;
};

static void *generate(void *arg)
{
    struct run *run = arg;

    generator_run(run->generator, run->stop, run->abandon);
    atomic_store(&run->over, true);
    (void)kill(getpid(), SIGUSR1); /* wakes the main thread */
    return NULL;
}

/* Until the generator is done. The first signal ends the traffic, the second also the
 * wait for the last answers; SIGUSR1 shows how it goes. */
static void watch(struct run *run, const struct traffic_metrics *metrics)
{
    static struct progress progress;
    static struct glance now;
    char trouble[GENERATOR_TROUBLE_MAX];

    progress_init(&progress, looks_of_terminal(), clock_mono_ns());
    for (;;) {
        int signal_number = stop_wait_signal(progress_interval_ms(&progress));

        if (atomic_load(&run->over))
            break;
        if (signal_number && signal_number != SIGUSR1)
            stop_request(stop_requested(run->stop) ? run->abandon : run->stop);
        generator_glance(run->generator, &now);
        generator_trouble(run->generator, trouble);
        progress_show(&progress, &now, gauge_value(metrics->target_rate), trouble);
    }
    progress_end(&progress);
}

static void run_generator(struct generator *g, const struct traffic_metrics *metrics)
{
    struct run run = {.generator = g, .stop = stop_new(), .abandon = stop_new()};
    pthread_t thread;

    if (pthread_create(&thread, NULL, generate, &run) == 0) {
        watch(&run, metrics);
        (void)pthread_join(thread, NULL);
    }
    stop_free(run.stop);
    stop_free(run.abandon);
}

static int report(const struct settings *s, struct generator *g)
{
    char trouble[GENERATOR_TROUBLE_MAX];
    struct report r = {.tally = generator_tally(g),
                       .url = s->url,
                       .data = s->data,
                       .pattern = s->pattern,
                       .rate = s->rate,
                       .seed = (uint64_t)s->seed,
                       .seconds = generator_seconds(g),
                       .trouble = trouble};
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REPORT_MAX);
    uint64_t answers = 0;
    struct error err;

    generator_trouble(g, trouble);
    report_text(&r, &text);
    (void)fputs(buf_str(&text), stdout);
    if (s->json[0]) {
        buf_reset(&text);
        report_json(&r, &text);
        if (!file_write(s->json, buf_str(&text), text.len, 0644, &err)) {
            log_error("report not written", LOG_STR("error", err.msg));
            return EXIT_NOTHING_SENT;
        }
    }
    for (size_t i = 0; i < r.tally->arm_count; i++)
        answers += r.tally->arms[i].answers;
    return r.tally->sent && !answers ? EXIT_NOTHING_SENT : EXIT_OK;
}

static int serve_and_run(const struct settings *s,
                         const struct generator_options *options)
{
    CLEANUP(metrics_freep)
    struct metrics *registry = metrics_new(NULL, 0);
    struct traffic_metrics metrics;
    CLEANUP(generator_freep)
    struct generator *g = NULL;
    struct web *web = NULL;
    struct error err;
    int code;

    metrics_add_process(registry, "traffic_generator");
    traffic_metrics_init(&metrics, registry);
    if (s->web.listen.items[0][0]) {
        web = web_start(&(struct web_options){.program = &traffic_program,
                                              .flags = &s->web,
                                              .metrics = registry},
                        &err);
        if (!web) {
            log_error("cannot serve metrics", LOG_STR("error", err.msg));
            return EXIT_NOTHING_SENT;
        }
    }
    g = generator_new(options, &metrics);
    run_generator(g, &metrics);
    code = report(s, g);
    web_stop(web, 1000);
    return code;
}

int main(int argc, char **argv)
{
    const char *headers[FLAG_LIST_MAX + 1] = {NULL};
    struct settings s;
    struct pattern pattern;
    struct rows rows;
    struct error err;
    size_t n = 0;
    int code;

    stop_block_signals();
    settings_init(&s);
    code = settings_parse(&s, argc, argv);
    if (code >= 0)
        return code;
    if (s.web.describe) {
        const struct metric_table tables[] = {traffic_metrics_table,
                                              metrics_process_table};

        return web_describe(tables, ARRAY_LEN(tables), NULL, "traffic_generator");
    }
    if (!settings_check(&s, &pattern, &err)) {
        (void)fprintf(stderr, "traffic-generator: %s\n", err.msg);
        return EXIT_USAGE;
    }
    if (!rows_load(s.data, s.label_column, &rows, &err)) {
        log_error("no rows to send", LOG_STR("error", err.msg));
        return EXIT_NOTHING_SENT;
    }
    for (size_t i = 0; i < s.headers.count; i++)
        headers[n++] = s.headers.items[i];
    code = serve_and_run(
        &s, &(struct generator_options){.url = s.url,
                                        .headers = headers,
                                        .rows = &rows,
                                        .pattern = pattern,
                                        .seed = (uint64_t)s.seed,
                                        .duration_ms = s.duration_ms,
                                        .timeout_ms = s.timeout_ms,
                                        .max_in_flight = (size_t)s.max_in_flight,
                                        .feedback_delay_ms = s.feedback_delay_ms,
                                        .feedback_ratio = s.feedback_ratio});
    rows_clear(&rows);
    return code;
}

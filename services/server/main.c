/* SPDX-License-Identifier: Apache-2.0 */
/* model-server: answers for one arm of a route with one model. */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "base/stop.h"
#include "server/answer.h"
#include "server/file_watch.h"
#include "server/pages.h"
#include "server/routes.h"
#include "server/settings.h"

enum { WATCH_MS = 1000 };

/* ---- running ------------------------------------------------------------------------
 */

static bool is_ready(void *arg, struct buf *why)
{
    if (server_is_ready(arg))
        return true;
    buf_puts(why, "the model is loading, or the server is draining");
    return false;
}

static void log_model(struct server *s)
{
    const struct worker *w = server_worker(s);

    log_info(
        "model loaded", LOG_STR("route", w->served->who.route),
        LOG_STR("arm", w->served->who.arm), LOG_STR("version", w->served->who.version),
        LOG_STR("kind", served_kind(w->served)), LOG_INT("features", w->served->width),
        LOG_INT("classes", w->served->class_count));
}

static void reload(struct server *s, struct web *w)
{
    struct error err;
    bool changed;

    if (!web_reload(w, &err))
        log_error("web configuration not reloaded", LOG_STR("error", err.msg));
    if (!server_load(s, &changed, &err))
        log_error("model not reloaded, the old one is kept", LOG_STR("error", err.msg));
    else if (changed)
        log_model(s);
}

/* Until asked to stop. */
static void run(struct server *s, struct web *w, struct file_watch *model)
{
    for (;;) {
        int signal_number = stop_wait_signal(WATCH_MS);

        if (signal_number == SIGTERM || signal_number == SIGINT)
            return;
        if (file_watch_changed(model) || signal_number == SIGHUP) {
            file_watch_taken(model);
            reload(s, w);
        }
    }
}

/* On SIGTERM readiness goes first, and answers go on, so that whoever sends traffic here
 * can notice and turn elsewhere. */
static void drain(struct server *s, const struct settings *settings)
{
    log_info("draining");
    atomic_store(&s->draining, true);
    (void)stop_wait_signal(settings->drain_delay_ms);
}

static bool serve(struct server *s, const struct settings *settings, struct error *err)
{
    struct httpd_route rows[ROUTES_MAX];
    struct file_watch model = {.path = settings->model};
    struct web_options options = {
        .program = &settings_program,
        .flags = &settings->web,
        .routes = rows,
        .route_count = routes_make(s, rows),
        .scrape = page_metrics,
        .scrape_arg = s,
        .arg = s,
        .ready = is_ready,
        .on_error = answer_on_error,
        .filter = answer_add_headers,
        /* injected latency blocks its thread, so then each connection has one */
        .pool_threads = settings->allow_faults ? 0 : (unsigned)settings->threads,
    };
    struct web *w = web_start(&options, err);
    bool loaded;

    if (!w)
        return false;
    for (size_t i = 0; i < settings->web.listen.count; i++)
        log_info("listening", LOG_STR("address", settings->web.listen.items[i]),
                 LOG_INT("port", web_port(w, i)));
    file_watch_taken(&model);
    loaded = server_load(s, NULL, err);
    if (loaded) {
        log_model(s);
        run(s, w, &model);
        drain(s, settings);
    }
    web_stop(w, loaded ? settings->drain_timeout_ms : 0);
    return loaded;
}

static int describe(void)
{
    static const char *const constant_labels[] = {"route", "arm", "model", "version",
                                                  NULL};
    const struct metric_table tables[] = {server_metric_table, metrics_process_table};

    return web_describe(tables, ARRAY_LEN(tables), constant_labels, "ml_server");
}

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "%s: %s\n", settings_program.name, err->msg);
    return 1;
}

int main(int argc, char **argv)
{
    CLEANUP(buf_clear)
    struct buf secret = BUF_INIT(ID_SECRET_MAX);
    CLEANUP(server_freep)
    struct server *s = NULL;
    struct settings settings;
    struct server_options options;
    struct error err;
    int code;

    stop_block_signals();
    code = settings_read(&settings, argc, argv);
    if (code >= 0)
        return code;
    if (settings.web.describe)
        return describe();
    if (!settings_secret(&settings, &secret, &err))
        return fail(&err);
    options = settings_options(&settings, &secret);
    s = server_new(&options);
    return serve(s, &settings, &err) ? 0 : fail(&err);
}

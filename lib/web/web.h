/* SPDX-License-Identifier: Apache-2.0 */
/* web.h - the web side that all our programs share: metrics, probes, a front page, and
 * the flags that users of Prometheus exporters know.
 *
 * A program's main() goes:
 *
 *     struct web_flags web = WEB_FLAGS_INIT(":9871");
 *     const struct flag flags[] = {WEB_FLAGS(web), ..., {.name = NULL}};
 *
 *     stop_block_signals();
 *     ... flags_main() ...
 *     if (web.describe)
 *         return web_describe(tables, ARRAY_LEN(tables), NULL, "bandit_operator");
 *     if (!web_setup(&web, &err))
 *         ...
 *     w = web_start(&(struct web_options){.program = &program, .flags = &web,
 *                                         .metrics = metrics, .routes = routes, ...},
 * &err); while (stop_wait_signal(-1) == SIGHUP) if (!web_reload(w, &err)) log_error(...);
 *     web_stop(w, 5000);
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "base/flags.h"
#include "httpd/httpd.h"
#include "metrics/metrics.h"

struct web_flags {
    struct flag_list listen;
    bool systemd_socket;     /* listen on what systemd hands over instead */
    const char *config_file; /* "": none */
    const char *telemetry_path;
    int64_t max_requests; /* scrapes at the same time; 0: any number */
    const char *log_level;
    const char *log_format;
    bool describe;
};

/* clang-format off */
#define WEB_FLAGS_INIT(address)                                                          \
    {.listen = {.items = {(address)}, .count = 1}, .config_file = "",                    \
     .telemetry_path = "/metrics", .max_requests = 40,                                   \
     .log_level = "info", .log_format = "logfmt"}

/* The rows for a program's table of flags. */
#define WEB_FLAGS(w)                                                                     \
    {.name = "web.listen-address", .kind = FLAG_LIST, .value = &(w).listen,              \
     .argname = "ADDRESS", .help = "Where to listen; may be given more than once."},     \
    {.name = "web.systemd-socket", .kind = FLAG_SWITCH, .value = &(w).systemd_socket,    \
     .help = "Listen on the sockets that systemd hands over instead."},                  \
    {.name = "web.config.file", .kind = FLAG_STRING, .value = &(w).config_file,          \
     .argname = "FILE", .help = "TLS, users, headers and rate limit, as YAML."},         \
    {.name = "web.telemetry-path", .kind = FLAG_STRING, .value = &(w).telemetry_path,    \
     .argname = "PATH", .help = "Where the metrics are."},                               \
    {.name = "web.max-requests", .kind = FLAG_INT, .value = &(w).max_requests,           \
     .low = 0, .high = 100000, .argname = "N",                                           \
     .help = "Most scrapes at the same time; 0 sets no limit."},                         \
    {.name = "log.level", .kind = FLAG_STRING, .value = &(w).log_level,                  \
     .argname = "LEVEL", .help = "debug, info, warn or error."},                         \
    {.name = "log.format", .kind = FLAG_STRING, .value = &(w).log_format,                \
     .argname = "FORMAT", .help = "logfmt or json."},                                    \
    {.name = "describe-metrics", .kind = FLAG_SWITCH, .value = &(w).describe,            \
     .help = "Print all metrics as JSON and exit."}
/* clang-format on */

/* Whether the program can do its work now; otherwise says why not. Any thread. */
typedef bool web_ready_fn(void *arg, struct buf *why);

/* --web.config.file was read again because it, or a file that it names, has changed:
 * message is NULL, or says why the old configuration stays in force. Any thread. */
typedef void web_reload_fn(void *arg, const char *message);

/* A link of the front page. */
struct web_link {
    const char *path;
    const char *text;
};

struct web_options {
    const struct program *program; /* name and summary */
    const struct web_flags *flags;
    struct metrics *metrics;
    httpd_handler *scrape; /* answers a scrape; NULL: with all of `metrics` */
    void *scrape_arg;
    const struct httpd_route *routes; /* tried first, so they may replace ours, but for
                                       * that of the metrics */
    size_t route_count;
    void *arg;                /* of handlers, hooks and ready */
    web_ready_fn *ready;      /* NULL: ready from the start */
    httpd_error_fn *on_error; /* NULL: plain text */
    web_reload_fn *on_reload; /* NULL: nobody is told */
    httpd_filter_fn *filter;  /* sees every request first, such as to add headers */
    const struct web_link *links;
    size_t link_count;
    unsigned pool_threads; /* as in httpd.h */
    unsigned max_connections;
};

struct web;

/* Set up logging and check the flags. */
bool web_setup(const struct web_flags *flags, struct error *err);

/* --describe-metrics: print the tables (see metrics_describe()); returns the exit code.
 */
int web_describe(const struct metric_table *tables, size_t n,
                 const char *const *constant_labels, const char *build_prefix);

/* Serves the program's routes and, behind them, GET / (front page), <telemetry path>,
 * /livez and /healthz (the process answers), /readyz (see web_ready_fn). */
struct web *web_start(const struct web_options *options, struct error *err);
void web_stop(struct web *w, int64_t drain_ms);

/* Read --web.config.file again, now; a change of it or of a file that it names is seen
 * within a second without. On failure the old configuration stays in force. */
bool web_reload(struct web *w, struct error *err);

uint16_t web_port(const struct web *w, size_t i);

#endif

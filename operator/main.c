/* SPDX-License-Identifier: Apache-2.0 */
/* bandit-operator: turns rewards into weights. Wiring only. */
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "controller/controller.h"
#include "controller/debug.h"
#include "journal/files.h"
#include "operator/cluster.h"
#include "operator/planes.h"
#include "operator/validate.h"
#include "replay/replay.h"
#include "rewards/rewards.h"
#include "web/web.h"

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_LEASE_LOST = 3,
    BIG_BLOCK = 128 * 1024,
    MEGABYTE = 1000 * 1000,
    DRAIN_MS = 5000,
    WATCH_MS = 1000,  /* how soon it is noticed that the store cannot be watched */
    WORDS_MAX = 1024, /* of the command line that are no flags */
};

struct settings {
    struct store_choice store;
    struct cluster_flags cluster;
    const char *haproxy_socket;
    const char *prometheus_url;
    int64_t prometheus_timeout_ms;
    int64_t workers;
    int64_t status_writes_per_s;
    const char *decisions_log;
    int64_t decisions_max_mb, decisions_backups;
    struct web_flags web;
    const char *words[WORDS_MAX];
    size_t word_count;
};

static struct settings settings = {
    .store = STORE_CHOICE_INIT,
    .cluster = CLUSTER_FLAGS_INIT,
    .haproxy_socket = "",
    .prometheus_url = "http://127.0.0.1:9090",
    .prometheus_timeout_ms = 5000,
    .workers = 1,
    .status_writes_per_s = 40,
    .decisions_log = "",
    .decisions_max_mb = 100,
    .decisions_backups = 5,
    .web = WEB_FLAGS_INIT(":9871"),
};

/* clang-format off */
static const struct flag flags[] = {
    {.name = "store.dir", .kind = FLAG_STRING, .value = &settings.store.folder,
     .argname = "FOLDER", .help = "Folder of BanditRoute manifests; statuses are written "
                                  "beside them.", .env = "BANDIT_STORE_DIR"},
    STORE_CHOICE_FLAGS(settings.store),
    CLUSTER_FLAGS(settings.cluster),
    {.name = "dataplane.haproxy-socket", .kind = FLAG_STRING,
     .value = &settings.haproxy_socket, .argname = "PATH",
     .help = "HAProxy's runtime socket (level admin), for routes whose targetRef is a "
             "HAProxyBackend."},
    {.name = "prometheus.url", .kind = FLAG_STRING, .value = &settings.prometheus_url,
     .argname = "URL", .help = "Where rewards are read."},
    {.name = "prometheus.timeout", .kind = FLAG_DURATION,
     .value = &settings.prometheus_timeout_ms, .argname = "DURATION",
     .help = "How long a query may take before the decision is held."},
    {.name = "status.writes-per-second", .kind = FLAG_INT,
     .value = &settings.status_writes_per_s, .low = 1, .high = 100000, .argname = "N",
     .help = "Statuses written to an API server, on average; a fleet that decides more "
             "often has what matters written first, and the rest in turn."},
    {.name = "workers", .kind = FLAG_INT, .value = &settings.workers, .low = 1, .high = 64,
     .argname = "N", .help = "Routes worked on at the same time."},
    {.name = "decisions.log", .kind = FLAG_STRING, .value = &settings.decisions_log,
     .argname = "FILE", .help = "Append every decision with all it rests on, a line of JSON "
                                "each; opened again on SIGHUP. For audits and replay."},
    {.name = "decisions.max-size", .kind = FLAG_INT, .value = &settings.decisions_max_mb,
     .low = 0, .high = 1000000, .argname = "MB",
     .help = "Move the file on to FILE.1, FILE.1 to FILE.2 and so on once it holds so "
             "much; 0: never, somebody else does."},
    {.name = "decisions.max-backups", .kind = FLAG_INT,
     .value = &settings.decisions_backups, .low = 1, .high = JOURNAL_BACKUPS_MAX,
     .argname = "N", .help = "How many of those are kept."},
    WEB_FLAGS(settings.web),
    {.name = NULL},
};

static const struct program program = {
    .name = "bandit-operator",
    .summary = "Reads rewards from Prometheus, decides weights, programs the data plane.",
    .usage = "[flags] | validate FILE... | replay [flags]",
    .examples =
        "  bandit-operator --store.dir routes --dataplane.haproxy-socket haproxy.sock\n"
        "  bandit-operator --store.dir routes --prometheus.url http://prometheus:9090 "
        "--workers 4\n"
        "  bandit-operator --kubeconfig ~/.kube/config --context kind --leader-elect\n"
        "  bandit-operator validate routes/*.yaml\n"
        "  bandit-operator replay --help\n"
        "  curl 'localhost:9871/debug/routes?namespace=default&name=digits'\n",
    .flags = flags,
    .positional = settings.words,
    .positional_max = WORDS_MAX,
    .positional_count = &settings.word_count,
};
/* clang-format on */

/* ---- the web side --------------------------------------------------------------------
 */

struct app {
    _Atomic(struct controller *) controller; /* NULL while another operator leads */
    struct controller_options options;
    struct cluster *cluster;
    struct cache *cache;
    struct rewards *rewards;
};

static bool is_ready(void *arg, struct buf *why)
{
    struct app *app = arg;
    struct controller *controller = atomic_load(&app->controller);

    if (controller ? controller_synced(controller) : !cluster_leads(app->cluster))
        return true; /* who stands by is ready to take over */
    buf_puts(why, "the store has not been read whole yet");
    return false;
}

static void get_routes(void *arg, const struct httpd_request *req,
                       struct httpd_response *resp)
{
    struct app *app = arg;
    const char *namespace = httpd_query(req, "namespace");
    const char *name = httpd_query(req, "name");
    char key[CACHE_KEY_MAX];

    if (!name) {
        debug_list(app->cache, &resp->body);
        return;
    }
    cache_key(key, namespace ? namespace : "default", name);
    if (!debug_route(app->cache, app->rewards, key, &resp->body)) {
        resp->status = 404;
        buf_puts(&resp->body, "{\"error\":\"no such route\"}");
    }
}

static void refresh(void *arg)
{
    struct app *app = arg;
    struct controller *controller = atomic_load(&app->controller);

    if (controller)
        controller_refresh(controller);
}

static void count_query(void *arg, const struct rewards_report *report)
{
    operator_metrics_query(arg, report);
}

/* ---- running -------------------------------------------------------------------------
 */

/* "host:port" of a URL, for a label. */
static void host_of(const char *url, char *out, size_t size)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    size_t n = strcspn(host, "/?#");
    const char *at = memchr(host, '@', n);

    if (at) {
        n -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    (void)snprintf(out, size, "%.*s", (int)n, host);
}

static void serve_until_stopped(struct app *app, struct metrics *registry,
                                struct stop *stop, struct error *err, int *code)
{
    static const struct httpd_route routes[] = {
        {.method = "GET", .path = "/debug/routes", .fn = get_routes}
    };
    static const struct web_link links[] = {
        {"/debug/routes", "Routes: queries, observations, decisions"}
    };
    struct web *web = web_start(&(struct web_options){.program = &program,
                                                      .flags = &settings.web,
                                                      .metrics = registry,
                                                      .routes = routes,
                                                      .route_count = ARRAY_LEN(routes),
                                                      .arg = app,
                                                      .ready = is_ready,
                                                      .links = links,
                                                      .link_count = ARRAY_LEN(links)},
                                err);

    if (!web) {
        *code = EXIT_FAILED;
        return;
    }
    log_info("bandit-operator started", LOG_STR("version", BANDIT_VERSION),
             LOG_STR("store", settings.store.access
                                  ? kube_access_config(settings.store.access)->origin
                                  : settings.store.folder),
             LOG_INT("port", web_port(web, 0)));
    for (;;) {
        int signal_number;

        if (!atomic_load(&app->controller) && cluster_leads(app->cluster))
            atomic_store(&app->controller, controller_start(&app->options));
        signal_number = stop_wait_signal(WATCH_MS);
        if (signal_number == SIGHUP && !web_reload(web, err))
            log_error("web configuration not read again", LOG_STR("error", err->msg));
        if (signal_number == SIGHUP && app->options.journal &&
            !journal_reopen(app->options.journal, err))
            log_error("journal not opened again", LOG_STR("error", err->msg));
        if (signal_number == SIGTERM || signal_number == SIGINT || stop_requested(stop))
            break;
    }
    web_stop(web, DRAIN_MS);
}

static bool may_write(void *arg)
{
    return cluster_leads(arg);
}

static int run(struct store *store, struct cluster *cluster, struct journal *journal)
{
    CLEANUP(metrics_freep)
    struct metrics *registry = metrics_new(NULL, 0);
    CLEANUP(operator_metrics_freep)
    struct operator_metrics *metrics = NULL;
    CLEANUP(cache_freep)
    struct cache *cache = cache_new();
    CLEANUP(planes_clear)
    struct planes planes = {.count = 0};
    CLEANUP(rewards_freep)
    struct rewards *rewards = NULL;
    struct stop *stop = stop_new();
    struct app app = {
        .cluster = cluster,
        .cache = cache,
        .options = {.store = store, .cache = cache, .journal = journal, .stop = stop},
    };
    struct controller *controller;
    char host[256];
    struct error err;
    int code = 0;

    host_of(settings.prometheus_url, host, sizeof(host));
    metrics_add_process(registry, "bandit_operator");
    metrics = operator_metrics_new(registry, host, (size_t)settings.workers);
    cluster_begin(cluster, metrics, &settings.store);
    rewards = rewards_new(
        &(struct rewards_options){.url = settings.prometheus_url,
                                  .timeout_ms = settings.prometheus_timeout_ms,
                                  .stop = stop,
                                  .report = count_query,
                                  .report_arg = metrics});
    planes_open(&planes, settings.haproxy_socket, &settings.store, cluster);
    app.options.kinds = planes.kinds;
    app.options.kind_count = planes.count;
    app.options.rewards = app.rewards = rewards;
    app.options.metrics = metrics;
    app.options.on_event = cluster_tell;
    app.options.on_event_arg = cluster;
    if (settings.store.access)
        app.options.status_writes_per_s = (double)settings.status_writes_per_s;
    app.options.may_write = may_write;
    app.options.may_write_arg = cluster;
    app.options.workers = (size_t)settings.workers;
    cluster_elect(cluster, &settings.store, EXIT_LEASE_LOST);
    metrics_on_expose(registry, refresh, &app);
    serve_until_stopped(&app, registry, stop, &err, &code);
    stop_request(stop);
    planes_stop(&planes);
    if (code)
        log_error("cannot serve", LOG_STR("error", err.msg));
    controller = atomic_load(&app.controller);
    if (controller && !controller_join(controller, &err)) {
        log_error("the store cannot be watched", LOG_STR("error", err.msg));
        code = EXIT_FAILED;
    }
    cluster_end(cluster);
    stop_free(stop);
    log_info("bandit-operator stopped");
    return code;
}

static int run_operator(void)
{
    CLEANUP(cluster_freep)
    struct cluster *cluster = cluster_new(&settings.cluster);
    const struct store_kube_options hooks = cluster_hooks(cluster);
    CLEANUP(journal_closep)
    struct journal *journal = NULL;
    struct store *store;
    struct error err;
    int code = EXIT_FAILED;

    if (!web_setup(&settings.web, &err) || !store_choice_check(&settings.store, &err) ||
        !cluster_check(&settings.cluster, &settings.store, &err)) {
        (void)fprintf(stderr, "bandit-operator: %s; see --help\n", err.msg);
        return EXIT_USAGE;
    }
    if (settings.decisions_log[0]) {
        journal = journal_open(
            &(struct journal_options){.path = settings.decisions_log,
                                      .max_bytes = settings.decisions_max_mb * MEGABYTE,
                                      .keep = (unsigned)settings.decisions_backups},
            &err);
        if (!journal) {
            (void)fprintf(stderr, "bandit-operator: --decisions.log: %s\n", err.msg);
            return EXIT_FAILED;
        }
    }
    store = store_choice_open(&settings.store, &hooks, &err);
    if (store)
        code = run(store, cluster, journal);
    else
        log_error("cannot open the store", LOG_STR("error", err.msg));
    store_free(store);
    store_choice_clear(&settings.store);
    return code;
}

/* A large answer comes and goes with every interval: its memory goes back to the system
 * rather than into the heap, whose thresholds would else grow with it. One arena: what
 * the watch gives back of a list, the workers fill. */
static void bound_heap(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, BIG_BLOCK);
    (void)mallopt(M_TRIM_THRESHOLD, BIG_BLOCK);
    (void)mallopt(M_ARENA_MAX, 1);
#endif
}

int main(int argc, char **argv)
{
    const struct metric_table tables[] = {operator_metric_table, metrics_process_table};
    int code;

    bound_heap();
    if (argc > 1 && strcmp(argv[1], "replay") == 0)
        return replay_main(argc - 1, argv + 1);
    stop_block_signals();
    code = flags_main(&program, argc, argv);
    if (code >= 0)
        return code;
    if (settings.web.describe)
        return web_describe(tables, ARRAY_LEN(tables), NULL, "bandit_operator");
    if (!settings.word_count)
        return run_operator();
    if (strcmp(settings.words[0], "validate") == 0 && settings.word_count > 1)
        return validate_files(settings.words + 1, settings.word_count - 1);
    (void)fputs("bandit-operator: usage: [flags] | validate FILE... | replay [flags]\n",
                stderr);
    return EXIT_USAGE;
}

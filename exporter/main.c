/* SPDX-License-Identifier: Apache-2.0 */
/* bandit-exporter - every BanditRoute as metrics, and as a page for people. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "exporter/front.h"
#include "exporter/scrape.h"
#include "exporter/watcher.h"
#include "store/choice.h"
#include "store/logged.h"
#include "web/web.h"

enum { DRAIN_MS = 5000, ARENAS = 2 };

struct options {
    struct web_flags web;
    struct store_choice store;
    bool without_own;
    struct shard shard;
};

/* What the hooks of the web side need. */
struct hooks {
    struct watcher *watcher;
    struct own *own;
};

static bool ready(void *arg, struct buf *why)
{
    if (watcher_synced(((const struct hooks *)arg)->watcher))
        return true;
    buf_puts(why, "the objects have not all been seen yet");
    return false;
}

static void on_reload(void *arg, const char *message)
{
    own_set_reload(((const struct hooks *)arg)->own, !message);
    if (message)
        log_error("web configuration kept as it was", LOG_STR("error", message));
    else
        log_info("web configuration read again");
}

static const struct store_kube_options kube_hooks = {
    .user_agent = "bandit-exporter/" BANDIT_VERSION,
    .warn = store_log_warning,
    .fault = store_log_fault,
};

static bool serve(const struct options *o, const struct program *program,
                  struct store *store, struct error *err)
{
    CLEANUP(fleet_freep)
    struct fleet *fleet = fleet_new();
    CLEANUP(own_freep)
    struct own *own = own_new(fleet, store, &o->shard);
    CLEANUP(pages_freep)
    struct pages *pages = pages_new(fleet);
    CLEANUP(buf_clear)
    struct buf self = BUF_INIT(1024);
    struct watcher *watcher = watcher_start(store, fleet, own, &o->shard);
    struct scrape scrape = {.pages = pages, .own = own, .with_own = !o->without_own};
    struct front front = {.fleet = fleet, .telemetry_path = o->web.telemetry_path};
    struct hooks hooks = {.watcher = watcher, .own = own};
    struct web *web;

    buf_printf(&self, "%s/self", o->web.telemetry_path);
    const struct httpd_route routes[] = {
        {"GET", "/",            front_page, 0, &front },
        {"GET", buf_str(&self), scrape_own, 0, &scrape},
    };
    web = web_start(
        &(struct web_options){
            .program = program,
            .flags = &o->web,
            .metrics = own_registry(own),
            .scrape = scrape_objects,
            .scrape_arg = &scrape,
            .routes = routes,
            .route_count = ARRAY_LEN(routes),
            .arg = &hooks,
            .ready = ready,
            .on_reload = on_reload,
        },
        err);
    if (web) {
        log_info("listening",
                 LOG_STR("address",
                         o->web.systemd_socket ? "systemd's" : o->web.listen.items[0]),
                 LOG_INT("port", web_port(web, 0)));
        while (stop_wait_signal(-1) == SIGHUP)
            on_reload(&hooks, web_reload(web, err) ? NULL : err->msg);
    }
    web_stop(web, DRAIN_MS);
    watcher_stop(watcher);
    return web != NULL;
}

int main(int argc, char **argv)
{
    struct options o = {
        .web = WEB_FLAGS_INIT(":9870"),
        .store = STORE_CHOICE_INIT,
        .shard = {.number = 0, .total = 1},
    };
    const struct flag flags[] = {
        {.name = "store.dir",
         .kind = FLAG_STRING,
         .value = &o.store.folder,
         .argname = "FOLDER",
         .help = "Folder of BanditRoute manifests.",
         .env = "BANDIT_STORE_DIR"},
        STORE_CHOICE_FLAGS(o.store),
        {.name = "shard",
         .kind = FLAG_INT,
         .value = &o.shard.number,
         .low = 0,
         .high = 1023,
         .argname = "N",
         .help = "Number of this exporter among several, from 0."},
        {.name = "total-shards",
         .kind = FLAG_INT,
         .value = &o.shard.total,
         .low = 1,
         .high = 1024,
         .argname = "N",
         .help = "How many exporters share the objects."},
        {.name = "web.disable-exporter-metrics",
         .kind = FLAG_SWITCH,
         .value = &o.without_own,
         .help = "Leave the exporter's own metrics to <telemetry path>/self."},
        WEB_FLAGS(o.web),
        {.name = NULL                          },
    };
    const struct program program = {
        .name = "bandit-exporter",
        .summary = "Publishes the state of every BanditRoute as metrics.",
        .examples = "  bandit-exporter --store.dir routes --web.listen-address :9870\n"
                    "  bandit-exporter --kubeconfig ~/.kube/config --context kind\n",
        .flags = flags,
    };
    const struct metric_table tables[] = {
        {object_metrics, FAMILY_COUNT},
        own_table,
        metrics_process_table,
    };
    struct store *store = NULL;
    struct error err;
    bool fine;
    int code;

    /* Threads come and go with connections; an arena for each would keep what they freed.
     */
    (void)mallopt(M_ARENA_MAX, ARENAS);
    stop_block_signals();
    code = flags_main(&program, argc, argv);
    if (code >= 0)
        return code;
    if (o.web.describe)
        return web_describe(tables, ARRAY_LEN(tables), NULL, "bandit_exporter");
    fine = web_setup(&o.web, &err);
    if (fine && o.shard.number >= o.shard.total)
        fine = error_set(&err, ERR_INVALID, "--shard must be below --total-shards");
    fine = fine && store_choice_check(&o.store, &err);
    if (!fine) {
        (void)fprintf(stderr, "%s: %s\n", program.name, err.msg);
        return 2;
    }
    store = store_choice_open(&o.store, &kube_hooks, &err);
    fine = store && serve(&o, &program, store, &err);
    store_free(store);
    store_choice_clear(&o.store);
    if (!fine)
        log_error("cannot start", LOG_STR("error", err.msg));
    return fine ? 0 : 1;
}

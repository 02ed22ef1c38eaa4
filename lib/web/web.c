/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "web/internal.h"
#include "web/pages.h"
#include "web/systemd.h"

enum { PAGE_MAX = HTTPD_BODY_MAX };

bool web_setup(const struct web_flags *flags, struct error *err)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789/-_.~";
    const char *path = flags->telemetry_path;

    if (path[0] != '/' || !path[1] || path[strspn(path, fine)])
        return error_set(err, ERR_INVALID,
                         "--web.telemetry-path: \"%.64s\" is no path such as /metrics",
                         path);
    return log_setup(flags->log_level, flags->log_format, err);
}

int web_describe(const struct metric_table *tables, size_t n,
                 const char *const *constant_labels, const char *build_prefix)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(PAGE_MAX);

    metrics_describe(tables, n, constant_labels, build_prefix, &out);
    return fputs(buf_str(&out), stdout) < 0;
}

static void registry_page(const struct web *w, const struct httpd_request *req,
                          struct httpd_response *resp)
{
    struct page_choice choice = page_choose(req);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(PAGE_MAX);

    metrics_expose(w->options.metrics, choice.format, &text);
    page_answer(resp, &choice, &text);
}

/* Counted until the answer is sent (see on_done()): what a limit has to bound are the
 * pages that slow readers keep alive. */
static void metrics_page(void *arg, const struct httpd_request *req,
                         struct httpd_response *resp)
{
    struct web *w = arg;
    int64_t limit = w->options.flags->max_requests;

    if (atomic_fetch_add(&w->scrapes, 1) >= limit && limit) {
        httpd_response_text(resp, 503, "too many scrapes at the same time\n");
    } else if (w->options.scrape) {
        w->options.scrape(w->options.scrape_arg, req, resp);
    } else {
        registry_page(w, req, resp);
    }
}

static void on_done(void *arg, const char *route, int status)
{
    struct web *w = arg;

    (void)status;
    if (!strcmp(route, w->options.flags->telemetry_path))
        (void)atomic_fetch_sub(&w->scrapes, 1);
}

static void on_error(void *arg, int status, const char *message,
                     struct httpd_response *resp)
{
    const struct web *w = arg;

    if (w->options.on_error)
        w->options.on_error(w->options.arg, status, message, resp);
    else
        buf_printf(&resp->body, "%d %s\n", status, message);
}

static void live_page(void *arg, const struct httpd_request *req,
                      struct httpd_response *resp)
{
    (void)arg;
    (void)req;
    httpd_response_text(resp, 200, "ok\n");
}

static void ready_page(void *arg, const struct httpd_request *req,
                       struct httpd_response *resp)
{
    const struct web *w = arg;
    CLEANUP(buf_clear)
    struct buf why = BUF_INIT(4096);

    if (!w->options.ready || w->options.ready(w->options.arg, &why)) {
        live_page(arg, req, resp);
        return;
    }
    httpd_response_text(resp, 503, "not ready: ");
    buf_printf(&resp->body, "%s\n", buf_str(&why));
}

static struct httpd_route *all_routes(struct web *w, size_t *n)
{
    const struct web_options *o = &w->options;
    const struct httpd_route ours[] = {
        {"GET", o->flags->telemetry_path, metrics_page, 0, w},
        {"GET", "/livez",                 live_page,    0, w},
        {"GET", "/healthz",               live_page,    0, w},
        {"GET", "/readyz",                ready_page,   0, w},
        {"GET", "/",                      landing_page, 0, w},
    };
    struct httpd_route *all =
        mem_alloc(o->route_count + ARRAY_LEN(ours), sizeof(struct httpd_route));

    for (size_t i = 0; i < o->route_count; i++) {
        all[i] = o->routes[i];
        if (!all[i].arg)
            all[i].arg = o->arg;
    }
    memcpy(all + o->route_count, ours, sizeof(ours));
    *n = o->route_count + ARRAY_LEN(ours);
    return all;
}

/* The scrapes that are counted have to be all there are. */
static bool check_telemetry_path(const struct httpd_route *rows, size_t n,
                                 const char *path, struct error *err)
{
    size_t fit = 0;

    for (size_t i = 0; i < n; i++)
        fit += httpd_route_has(&rows[i], path);
    return fit == 1 || error_set(err, ERR_INVALID,
                                 "--web.telemetry-path: %s is another page's", path);
}

/* Every connection is a descriptor, and the usual soft limit is as low as 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

struct web *web_start(const struct web_options *options, struct error *err)
{
    struct web *w = mem_alloc(1, sizeof(*w));
    int sockets[SYSTEMD_SOCKETS_MAX];
    struct httpd_options o = {
        .listen = options->flags->listen.items,
        .listen_count = options->flags->listen.count,
        .arg = w,
        .on_error = on_error,
        .on_done = on_done,
        .filter = access_filter,
        .filter_arg = w,
        .pool_threads = options->pool_threads,
        .max_connections = options->max_connections,
    };

    raise_descriptor_limit();
    w->options = *options;
    w->routes = all_routes(w, &o.route_count);
    o.routes = w->routes;
    if (access_open(w, err) &&
        check_telemetry_path(w->routes, o.route_count, options->flags->telemetry_path,
                             err) &&
        (!options->flags->systemd_socket ||
         systemd_sockets(sockets, &o.socket_count, err))) {
        o.sockets = o.socket_count ? sockets : NULL;
        o.tls = w->config->tls;
        w->httpd = httpd_start(&o, err);
    }
    if (!w->httpd) {
        web_stop(w, 0);
        return NULL;
    }
    access_follow(w);
    return w;
}

void web_stop(struct web *w, int64_t drain_ms)
{
    if (!w)
        return;
    httpd_stop(w->httpd, drain_ms);
    access_close(w);
    free(w->routes);
    free(w);
}

uint16_t web_port(const struct web *w, size_t i)
{
    return httpd_port(w->httpd, i);
}

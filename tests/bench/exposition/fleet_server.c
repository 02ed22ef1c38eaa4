/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_server - the exporter's own scrape and front page over made-up routes, so that
 * what is measured is what runs in production, without a store behind it.
 *
 *     GET /metrics, GET /         as in bandit-exporter
 *     POST /change?percent=P      gives P percent of the routes new numbers
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/stop.h"
#include "base/text.h"
#include "exporter/front.h"
#include "exporter/scrape.h"
#include "fleet.h"
#include "web/web.h"

/* In the exporter one thread makes all objects, the one that follows the store; here any
 * connection's does, and their text is not to be spread over an arena for each. */
enum { ARENAS = 1 };

struct bench {
    struct fleet *fleet;
    int64_t routes, arms;
    uint64_t turn;
};

static double cpu_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t bytes_allocated(void)
{
    struct mallinfo2 now = mallinfo2();

    return now.uordblks + now.hblkhd;
}

/* Put n routes, spread over all, others in each turn: whatever is kept for neighbours
 * together is to be made again for each of them. Returns microseconds of CPU per route,
 * without making them up. */
static double put(struct bench *b, size_t n)
{
    double spent = 0;

    for (size_t i = 0; i < n; i++) {
        size_t which = (i * (size_t)b->routes / n + b->turn) % (size_t)b->routes;
        struct bandit_route *r = made_up_route(which, (size_t)b->arms, b->turn);
        double began = cpu_us();

        fleet_put(b->fleet, r->namespace, r->name, render_route(r));
        spent += cpu_us() - began;
        route_free(r);
    }
    return n ? spent / (double)n : 0;
}

static void change(void *arg, const struct httpd_request *req,
                   struct httpd_response *resp)
{
    struct bench *b = arg;
    const char *percent = httpd_query(req, "percent");
    struct error err;
    double p = 0;

    if (!percent || !text_to_double(percent, &p, &err) || !(p >= 0 && p <= 100)) {
        resp->status = 400;
        return;
    }
    b->turn++;
    buf_printf(&resp->body, "{\"us_per_object\":%.2f}\n",
               put(b, (size_t)(p * (double)b->routes / 100)));
}

/* An own registry needs a store; this one has nothing to tell. */
void store_stats(struct store *s, struct store_stats *out)
{
    (void)s;
    *out = (struct store_stats){0};
}

int main(int argc, char **argv)
{
    struct bench b = {.routes = 1180, .arms = 3};
    struct web_flags web = WEB_FLAGS_INIT("127.0.0.1:0");
    const struct flag flags[] = {
        WEB_FLAGS(web),
        {.name = "routes",
               .kind = FLAG_INT,
               .value = &b.routes,
               .low = 1,
               .high = 1000000,
               .help = "How many routes."},
        {.name = "arms",
               .kind = FLAG_INT,
               .value = &b.arms,
               .low = 2,
               .high = ROUTE_ARMS_MAX,
               .help = "How many arms each."},
        {.name = NULL   },
    };
    const struct program program = {
        .name = "fleet_server", .summary = "Made-up routes.", .flags = flags};
    const struct shard shard = {.number = 0, .total = 1};
    struct scrape scrape;
    struct front front;
    struct httpd_route routes[] = {
        {"POST", "/change", change,     0, &b    },
        {"GET",  "/",       front_page, 0, &front},
    };
    struct web *w;
    struct error err;
    size_t before;
    double spent;
    int code;

    (void)mallopt(M_ARENA_MAX, ARENAS);
    stop_block_signals();
    code = flags_main(&program, argc, argv);
    if (code >= 0)
        return code;
    b.fleet = fleet_new();
    before = bytes_allocated();
    spent = put(&b, (size_t)b.routes);
    printf("{\"us_per_object\":%.2f,\"bytes_per_object\":%.0f}\n", spent,
           (double)(bytes_allocated() - before) / (double)b.routes);
    scrape = (struct scrape){.pages = pages_new(b.fleet),
                             .own = own_new(b.fleet, NULL, &shard),
                             .with_own = false};
    front = (struct front){.fleet = b.fleet, .telemetry_path = "/metrics"};
    w = web_start(
        &(struct web_options){
            .program = &program,
            .flags = &web,
            .metrics = own_registry(scrape.own),
            .scrape = scrape_objects,
            .scrape_arg = &scrape,
            .routes = routes,
            .route_count = ARRAY_LEN(routes),
        },
        &err);
    if (!w) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    printf("{\"port\":%d}\n", web_port(w, 0));
    (void)fflush(stdout);
    (void)stop_wait_signal(-1);
    web_stop(w, 1000);
    pages_free(scrape.pages);
    own_free(scrape.own);
    fleet_free(b.fleet);
    return 0;
}

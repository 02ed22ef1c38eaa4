/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "exporter/html.h"

enum { CARDS = 100, REFRESH_S = 5 };

/* What of the fleet is shown. */
struct view {
    const char *query;
    int64_t page; /* from 0 */
    bool refresh;
    const struct summary **found; /* sorted */
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    const struct summary *x = *(const struct summary *const *)a;
    const struct summary *y = *(const struct summary *const *)b;
    int order = strcmp(x->namespace, y->namespace);

    return order ? order : strcmp(x->name, y->name);
}

static bool holds(const struct summary *s, const char *query)
{
    char whole[2 * ROUTE_NAME_MAX];

    (void)snprintf(whole, sizeof(whole), "%s/%s", s->namespace, s->name);
    return strstr(whole, query) != NULL;
}

static void find(struct view *v, const struct snapshot *s)
{
    v->found = mem_alloc(s->count, sizeof(const struct summary *));
    for (size_t i = 0; i < s->count; i++)
        if (s->objects[i] && holds(s->objects[i]->summary, v->query))
            v->found[v->count++] = s->objects[i]->summary;
    if (v->count)
        qsort(v->found, v->count, sizeof(const struct summary *), by_name);
}

static void read_query(const struct httpd_request *req, struct view *v)
{
    const char *query = httpd_query(req, "q");
    const char *page = httpd_query(req, "page");
    const char *refresh = httpd_query(req, "refresh");
    struct error err;

    v->query = query ? query : "";
    if (!page || !text_to_int(page, 0, 1000000, &v->page, &err))
        v->page = 0;
    v->refresh = !refresh || strcmp(refresh, "off") != 0;
}

static void head(struct buf *out, const struct front *f, const struct view *v,
                 size_t total)
{
    buf_puts(out,
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, "
             "initial-scale=1\">\n<title>Bandit Router</title>\n");
    if (v->refresh)
        buf_printf(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", REFRESH_S);
    buf_puts(out, "<style>\n");
    buf_puts(out, front_style);
    buf_printf(out,
               "</style>\n</head>\n<body>\n<header><h1>Bandit Router</h1>\n"
               "<span>bandit-exporter %s &middot; %zu route%s</span>\n<nav>"
               "<a href=\"%s\">Metrics</a> <a href=\"%s/self\">Own metrics</a> "
               "<a href=\"/readyz\">Ready?</a></nav></header>\n<main>\n",
               BANDIT_VERSION, total, total == 1 ? "" : "s", f->telemetry_path,
               f->telemetry_path);
}

static void search(struct buf *out, const struct view *v)
{
    buf_puts(out, "<form><input name=\"q\" placeholder=\"namespace/name\" "
                  "aria-label=\"Search\" value=\"");
    html_text(out, v->query);
    buf_puts(out, "\"><button>Search</button></form>\n");
}

static void link_to_page(struct buf *out, const struct view *v, int64_t page,
                         const char *text)
{
    buf_printf(out, "<a href=\"/?page=%lld&amp;q=", (long long)page);
    buf_add_encoded(out, v->query);
    buf_printf(out, "\">%s</a> ", text);
}

static void pager(struct buf *out, const struct view *v)
{
    if (v->page > 0)
        link_to_page(out, v, v->page - 1, "&larr; previous");
    if ((size_t)(v->page + 1) * CARDS < v->count)
        link_to_page(out, v, v->page + 1, "next &rarr;");
}

void front_page(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    const struct front *f = arg;
    CLEANUP(snapshot_clear)
    struct snapshot s = {0};
    struct view v = {0};
    struct buf *out = &resp->body;
    int64_t now = clock_wall_ms();

    read_query(req, &v);
    fleet_snapshot(f->fleet, &s);
    find(&v, &s);
    resp->content_type = "text/html; charset=utf-8";
    head(out, f, &v, fleet_count(f->fleet));
    if (v.count > CARDS || *v.query)
        search(out, &v);
    for (size_t i = (size_t)v.page * CARDS;
         i < v.count && i < (size_t)(v.page + 1) * CARDS; i++)
        front_card(out, v.found[i], now);
    if (v.count)
        buf_puts(out, "<p class=\"key\">Share of traffic: <i></i> desired (decided) "
                      "<i class=\"a\"></i> applied (read back from the data plane). "
                      "Reward: smoothed, with its 95&#8239;% interval. "
                      "&#9733; leads.</p>\n");
    else
        buf_puts(out, "<p>There are no routes here.</p>\n");
    pager(out, &v);
    buf_puts(out, "<footer>");
    buf_puts(out, v.refresh ? "Loads itself again every five seconds. "
                              "<a href=\"/?refresh=off\">Stop</a>"
                            : "<a href=\"/\">Load again every five seconds</a>");
    buf_puts(out, "</footer>\n</main>\n</body>\n</html>\n");
    free(v.found);
}

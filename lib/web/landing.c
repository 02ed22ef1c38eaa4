/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "web/internal.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>%s</title>\n<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:16px/1.5 system-ui,sans-serif;margin:0}\n"
    "header{background:#e6522c;color:#fff;padding:1rem 2rem}\n"
    "h1{font-size:1.25rem;margin:0}\n"
    "main{padding:1rem 2rem;max-width:48rem}\n"
    "a{color:#c43f1d}@media(prefers-color-scheme:dark){a{color:#ff8a65}}\n"
    "</style>\n</head>\n<body>\n<header><h1>%s</h1></header>\n<main>\n"
    "<p>%s</p>\n<p>Version %s</p>\n<ul>\n";

static void link_to(struct buf *out, const char *path, const char *text)
{
    buf_printf(out, "<li><a href=\"%s\">%s</a></li>\n", path, text);
}

/* Everything on this page is our own text, but for the path, which web_setup() checks. */
void landing_page(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    const struct web_options *o = &((const struct web *)arg)->options;
    const struct program *p = o->program;

    (void)req;
    resp->content_type = "text/html; charset=utf-8";
    buf_printf(&resp->body, head, p->name, p->name, p->summary, BANDIT_VERSION);
    for (size_t i = 0; i < o->link_count; i++)
        link_to(&resp->body, o->links[i].path, o->links[i].text);
    link_to(&resp->body, o->flags->telemetry_path, "Metrics");
    link_to(&resp->body, "/livez", "Live?");
    link_to(&resp->body, "/readyz", "Ready?");
    buf_puts(&resp->body, "</ul>\n</main>\n</body>\n</html>\n");
}

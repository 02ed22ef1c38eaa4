/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/page.h"

#include "base/mem.h"

/* Told apart also by those who do not see all colours (Okabe & Ito). */
static const char *const colours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                      "#56b4e9", "#d55e00", "#f0e442", "#000000"};

const char *page_arm_colour(size_t arm)
{
    return colours[arm % ARRAY_LEN(colours)];
}

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1f;--dim:#5c5f66;--paper:#fff;"
    "--line:#d9dbe0}"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6e7ea;--dim:#a0a4ad;"
    "--paper:#17181c;--line:#34363d}}"
    "body{font:15px/1.4 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "td,th{padding:.2rem .7rem;text-align:right;vertical-align:top;"
    "border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}"
    "td{white-space:nowrap}td:first-child,th:first-child{text-align:left}"
    "small{color:var(--dim)}figure{margin:1.2rem 0}svg{width:100%;height:auto}"
    "svg text{font-size:10px;fill:var(--dim)}svg .grid{stroke:var(--line)}";

void page_begin(struct buf *out, const char *title)
{
    buf_printf(out,
               "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width\">"
               "<title>%s</title><style>%s</style><h1>%s</h1>\n",
               title, style, title);
}

void page_end(struct buf *out)
{
    buf_puts(out, "</html>\n");
}

void page_text(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '<' || *text == '&')
            buf_printf(out, "&#%d;", *text);
        else
            buf_putc(out, *text);
}

void page_legend(struct buf *out, const struct route_spec *spec)
{
    buf_puts(out, "<p>");
    for (size_t a = 0; a < spec->arm_count; a++)
        buf_printf(out, "<span style=\"color:%s\">&#9632;</span> %s &nbsp; ",
                   page_arm_colour(a), spec->arms[a].name);
    buf_puts(out, "</p>\n");
}

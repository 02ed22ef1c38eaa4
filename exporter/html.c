/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DASH "&ndash;"

void html_text(struct buf *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        case '\'':
            buf_puts(out, "&#39;");
            break;
        default:
            buf_putc(out, *text);
        }
}

void html_percent(struct buf *out, double ratio)
{
    if (isfinite(ratio))
        buf_printf(out, "%.1f&#8239;%%", 100 * ratio);
    else
        buf_puts(out, DASH);
}

void html_number(struct buf *out, double v, int decimals)
{
    if (isfinite(v))
        buf_printf(out, "%.*f", decimals, v);
    else
        buf_puts(out, DASH);
}

void html_age(struct buf *out, int64_t wall_ms, int64_t now_ms)
{
    static const struct {
        int64_t below_s, unit_s;
        const char *name;
    } rows[] = {
        {120,       1,     "s"  },
        {2 * 3600,  60,    "min"},
        {48 * 3600, 3600,  "h"  },
        {INT64_MAX, 86400, "d"  },
    };
    int64_t age = (now_ms - wall_ms) / 1000;

    if (!wall_ms) {
        buf_puts(out, "never");
        return;
    }
    if (age < 0)
        age = 0; /* clocks differ a little */
    for (size_t i = 0;; i++)
        if (age < rows[i].below_s) {
            buf_printf(out, "%" PRId64 "&#8239;%s ago", age / rows[i].unit_s,
                       rows[i].name);
            return;
        }
}

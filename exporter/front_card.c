/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "exporter/front.h"
#include "exporter/html.h"

static void chip(struct buf *out, const char *class, const char *text)
{
    buf_printf(out, "<span class=\"chip %s\">", class);
    html_text(out, text);
    buf_puts(out, "</span>\n");
}

static const char *verdict_class(enum verdict v)
{
    switch (v) {
    case VERDICT_SWITCHED:
    case VERDICT_ADJUSTED:
    case VERDICT_KEPT:
        return "good";
    case VERDICT_HELD:
        return "bad";
    case VERDICT_PINNED:
    case VERDICT_FROZEN:
        return "warn";
    case VERDICT_NONE:
    case VERDICT_COUNT:
        break;
    }
    return "";
}

static const char *state_class(enum arm_state s)
{
    switch (s) {
    case ARM_EJECTED:
    case ARM_NOT_READY:
        return "bad";
    case ARM_WARMUP:
    case ARM_REENTRY:
        return "warn";
    case ARM_ACTIVE:
    case ARM_STATE_COUNT:
        break;
    }
    return "";
}

static double within(double v)
{
    return !isfinite(v) || v < 0 ? 0 : v > 1 ? 1 : v;
}

static void bar(struct buf *out, const char *class, double ratio)
{
    buf_printf(out, "<div class=\"track%s\"><i style=\"width:%.2f%%\"></i></div>", class,
               100 * within(ratio));
}

/* The smoothed reward with its 95 % interval on a line from 0 to 1. */
static void reward_range(struct buf *out, const struct summary_arm *a)
{
    double margin = isfinite(a->reward_stderr) ? 1.96 * a->reward_stderr : 0;
    double low = within(a->reward_ema - margin), high = within(a->reward_ema + margin);

    if (!isfinite(a->reward_ema))
        return;
    buf_printf(out,
               "<div class=\"range\"><i style=\"left:%.2f%%;width:%.2f%%\"></i>"
               "<b style=\"left:%.2f%%\"></b></div>",
               100 * low, 100 * (high - low), 100 * within(a->reward_ema));
}

static void arm_row(struct buf *out, const struct summary_arm *a, bool leads)
{
    buf_printf(out, "<tr%s><td%s>", leads ? " class=\"lead-row\"" : "",
               leads ? " class=\"lead\"" : "");
    html_text(out, a->name);
    buf_puts(out, leads ? " &#9733;</td><td>" : "</td><td>");
    chip(out, state_class(a->state), arm_state_name(a->state));
    buf_puts(out, "</td><td class=\"w\">");
    bar(out, "", a->desired);
    bar(out, " a", a->applied);
    buf_puts(out, "</td><td class=\"n\">");
    html_percent(out, a->desired);
    buf_puts(out, "</td><td class=\"n\">");
    html_percent(out, a->applied);
    buf_puts(out, "</td><td>");
    reward_range(out, a);
    buf_puts(out, "</td><td class=\"n\">");
    html_number(out, a->reward_ema, 3);
    buf_puts(out, "</td><td class=\"n\">");
    html_percent(out, a->probability_best);
    buf_puts(out, "</td><td class=\"n\">");
    html_number(out, a->samples, 0);
    buf_puts(out, "</td></tr>\n");
}

static void heading(struct buf *out, const struct summary *s)
{
    CLEANUP(buf_clear)
    struct buf why = BUF_INIT(256);

    buf_puts(out, "<div class=\"top\"><h2><small>");
    html_text(out, s->namespace);
    buf_puts(out, "/</small>");
    html_text(out, s->name);
    buf_puts(out, "</h2>\n");
    buf_printf(&why, "%s: %s", verdict_name(s->verdict), reason_name(s->reason));
    chip(out, verdict_class(s->verdict),
         s->verdict == VERDICT_NONE ? "no decision yet" : buf_str(&why));
    if (s->mode != MODE_ACTIVE)
        chip(out, "warn", route_mode_name(s->mode));
    chip(out, "", route_policy_name(s->policy));
    buf_puts(out, "</div>\n");
}

static bool too_old(int64_t wall_ms, int64_t now_ms, int64_t limit_ms)
{
    return wall_ms && now_ms - wall_ms > limit_ms;
}

static void age(struct buf *out, const char *what, int64_t wall_ms, int64_t now_ms,
                int64_t limit_ms)
{
    bool old = too_old(wall_ms, now_ms, limit_ms);

    buf_printf(out, "%s <b%s>", what, old ? " class=\"chip bad\"" : "");
    html_age(out, wall_ms, now_ms);
    buf_puts(out, "</b> &middot; ");
}

static void facts(struct buf *out, const struct summary *s, int64_t now_ms)
{
    enum { LATE_INTERVALS = 3 };

    buf_puts(out, "<p class=\"facts\">");
    if (s->leader >= 0 && (size_t)s->leader < s->arm_count) {
        buf_puts(out, "leader <b>");
        html_text(out, s->arms[s->leader].name);
        buf_puts(out, "</b> &middot; ");
    }
    age(out, "decided", s->last_decision_ms, now_ms, LATE_INTERVALS * s->interval_ms);
    age(out, "newest data", s->last_observation_ms, now_ms, s->max_data_age_ms);
    buf_puts(out, "exploring <b>");
    html_percent(out, s->exploration);
    buf_printf(out, "</b> &middot; window <b>%s</b>", route_window_name(s->window));
    if (*s->message) {
        buf_puts(out, "<br>");
        html_text(out, s->message);
    }
    buf_puts(out, "</p>\n");
}

void front_card(struct buf *out, const struct summary *s, int64_t now_ms)
{
    buf_puts(out, "<article>\n");
    heading(out, s);
    facts(out, s, now_ms);
    buf_puts(out,
             "<div class=\"scroll\"><table>\n<tr><th>Arm</th><th>State</th>"
             "<th>Share of traffic</th><th class=\"n\">desired</th>"
             "<th class=\"n\">applied</th><th>Reward, 0 to 1</th><th class=\"n\">EMA</th>"
             "<th class=\"n\">P(best)</th><th class=\"n\">Samples</th></tr>\n");
    for (size_t i = 0; i < s->arm_count; i++)
        arm_row(out, &s->arms[i], s->leader == (int)i);
    buf_puts(out, "</table></div>\n</article>\n");
}

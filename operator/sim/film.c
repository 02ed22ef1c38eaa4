/* SPDX-License-Identifier: Apache-2.0 */
/* film.c - inline SVG and nothing else, so that it opens anywhere and prints. */
#include "sim/film.h"

#include <math.h>
#include <stdlib.h>

enum {
    WIDTH = 720,
    WEIGHTS_HEIGHT = 120,
    REWARDS_HEIGHT = 110,
    STRIP_HEIGHT = 10,
    COLUMNS = 360
};

/* Told apart also by those who do not see all colours (Okabe & Ito). */
static const char *const colours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                      "#56b4e9", "#d55e00", "#f0e442", "#000000"};

static const char *colour(size_t arm)
{
    return colours[arm % (sizeof(colours) / sizeof(colours[0]))];
}

void film_begin(struct film *f, size_t moments)
{
    *f = (struct film){.keep_each = moments / COLUMNS + 1};
}

void film_clear(struct film *f)
{
    free(f->moments);
    *f = (struct film){.count = 0};
}

void film_add(void *arg, const struct moment *m)
{
    struct film *f = arg;

    if (f->seen++ % f->keep_each)
        return;
    if (f->count == f->room) {
        f->room = f->room ? 2 * f->room : COLUMNS + 1;
        f->moments = mem_resize(f->moments, f->room, sizeof(*f->moments));
    }
    f->moments[f->count++] = *m;
}

static double x_of(const struct film *f, size_t i)
{
    return f->count > 1 ? (double)i * WIDTH / (double)(f->count - 1) : 0;
}

static void add_weights(const struct film *f, size_t arms, struct buf *out)
{
    double *below = mem_alloc(f->count, sizeof(*below));

    for (size_t a = 0; a < arms; a++) {
        buf_printf(out, "<path fill=\"%s\" d=\"M", colour(a));
        for (size_t i = 0; i < f->count; i++)
            buf_printf(out, "%.1f %.1f ", x_of(f, i),
                       WEIGHTS_HEIGHT * (1 - below[i] - f->moments[i].weights[a]));
        for (size_t i = f->count; i-- > 0;)
            buf_printf(out, "%.1f %.1f ", x_of(f, i), WEIGHTS_HEIGHT * (1 - below[i]));
        buf_puts(out, "Z\"/>\n");
        for (size_t i = 0; i < f->count; i++)
            below[i] += f->moments[i].weights[a];
    }
    free(below);
}

/* Who led (above) and who should have (below). */
static void add_strip(const struct film *f, size_t arms, struct buf *out)
{
    for (size_t a = 0; a < arms; a++)
        for (int row = 0; row < 2; row++) {
            buf_printf(out, "<path stroke=\"%s\" stroke-width=\"%d\" d=\"", colour(a),
                       STRIP_HEIGHT - 2);
            for (size_t i = 0; i + 1 < f->count; i++)
                if ((row ? f->moments[i].best : f->moments[i].leader) == (int)a)
                    buf_printf(out, "M%.1f %dH%.1f", x_of(f, i),
                               WEIGHTS_HEIGHT + 10 + row * STRIP_HEIGHT, x_of(f, i + 1));
            buf_puts(out, "\"/>\n");
        }
}

double film_least_reward(const struct film *f, size_t arms)
{
    double least = 1;

    for (size_t i = 0; i < f->count; i++)
        for (size_t a = 0; a < arms; a++)
            least = fmin(least, fmin(f->moments[i].chances[a], f->moments[i].rewards[a]));
    return fmax(0, fmin(least, 0.98) - 0.01);
}

static void add_line(const struct film *f, size_t arm, bool truth, double least,
                     struct buf *out)
{
    double top = WEIGHTS_HEIGHT + 3 * STRIP_HEIGHT + 10;
    bool pen = false;

    buf_printf(out, "<path fill=\"none\" stroke=\"%s\"%s d=\"", colour(arm),
               truth ? " stroke-dasharray=\"2 3\" opacity=\".7\"" : "");
    for (size_t i = 0; i < f->count; i++) {
        double v = truth ? f->moments[i].chances[arm] : f->moments[i].rewards[arm];

        if (!isnan(v))
            buf_printf(out, "%c%.1f %.1f", pen ? 'L' : 'M', x_of(f, i),
                       top + REWARDS_HEIGHT * (1 - (v - least) / (1 - least)));
        pen = !isnan(v);
    }
    buf_puts(out, "\"/>\n");
}

void film_svg(const struct film *f, size_t arms, struct buf *out)
{
    double least = film_least_reward(f, arms);

    buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n", WIDTH,
               WEIGHTS_HEIGHT + REWARDS_HEIGHT + 3 * STRIP_HEIGHT + 14);
    add_weights(f, arms, out);
    add_strip(f, arms, out);
    for (size_t a = 0; a < arms; a++) {
        add_line(f, a, true, least, out);
        add_line(f, a, false, least, out);
    }
    buf_puts(out, "</svg>");
}

/* ---- the page around -----------------------------------------------------------------
 */

void page_begin(struct buf *out, const char *title)
{
    buf_printf(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>"
        "<style>body{font:15px/1.4 system-ui,sans-serif;max-width:60rem;"
        "margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:"
        ".2rem .7rem;text-align:right;border-bottom:1px solid #ccc}td:first-child,"
        "th:first-child{text-align:left}small{color:#666}figure{margin:1.2rem 0}svg{"
        "width:100%%;height:auto}</style><h1>%s</h1>\n",
        title, title);
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
        buf_printf(out, "<span style=\"color:%s\">&#9632;</span> %s &nbsp; ", colour(a),
                   spec->arms[a].name);
    buf_puts(out, "</p>\n");
}

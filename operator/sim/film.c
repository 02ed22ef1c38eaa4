/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/film.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/page.h"

/* From the top: weights, the strips, rewards, hours; scales are to the left. */
enum {
    LEFT = 46,
    WIDTH = 720,
    WEIGHTS_HEIGHT = 120,
    STRIPS_TOP = WEIGHTS_HEIGHT + 10,
    STRIP_HEIGHT = 10,
    REWARDS_TOP = STRIPS_TOP + 2 * STRIP_HEIGHT + 10,
    REWARDS_HEIGHT = 110,
    HOURS_TOP = REWARDS_TOP + REWARDS_HEIGHT + 6,
    HEIGHT = HOURS_TOP + 14,
    COLUMNS = 360,
    TICKS_MAX = 9
};

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
        buf_printf(out, "<path fill=\"%s\" d=\"M", page_arm_colour(a));
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
            buf_printf(out, "<path stroke=\"%s\" stroke-width=\"%d\" d=\"",
                       page_arm_colour(a), STRIP_HEIGHT - 2);
            for (size_t i = 0; i + 1 < f->count; i++)
                if ((row ? f->moments[i].best : f->moments[i].leader) == (int)a)
                    buf_printf(out, "M%.1f %dH%.1f", x_of(f, i),
                               STRIPS_TOP + row * STRIP_HEIGHT, x_of(f, i + 1));
            buf_puts(out, "\"/>\n");
        }
}

/* The lower end of the scale of rewards, whose upper end is 1. */
static double least_reward(const struct film *f, size_t arms)
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
    bool pen = false;

    buf_printf(out, "<path fill=\"none\" stroke=\"%s\"%s d=\"", page_arm_colour(arm),
               truth ? " stroke-dasharray=\"2 3\" opacity=\".7\"" : "");
    for (size_t i = 0; i < f->count; i++) {
        double v = truth ? f->moments[i].chances[arm] : f->moments[i].rewards[arm];

        if (!isnan(v))
            buf_printf(out, "%c%.1f %.1f", pen ? 'L' : 'M', x_of(f, i),
                       REWARDS_TOP + REWARDS_HEIGHT * (1 - (v - least) / (1 - least)));
        pen = !isnan(v);
    }
    buf_puts(out, "\"/>\n");
}

static void add_label(double y, const char *text, struct buf *out)
{
    buf_printf(out, "<text x=\"-5\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", y + 3.5,
               text);
}

static void add_scales(double least, const char *best, struct buf *out)
{
    char text[16];

    add_label(4, "100 %", out);
    add_label(WEIGHTS_HEIGHT / 2., "weights", out);
    add_label(WEIGHTS_HEIGHT - 4, "0", out);
    add_label(STRIPS_TOP, "led", out);
    add_label(STRIPS_TOP + STRIP_HEIGHT, best, out);
    add_label(REWARDS_TOP, "1", out);
    add_label(REWARDS_TOP + REWARDS_HEIGHT / 2., "reward", out);
    (void)snprintf(text, sizeof(text), "%.2f", least);
    add_label(REWARDS_TOP + REWARDS_HEIGHT, text, out);
}

/* Hours between two ticks: of those that a clock has, the least that leaves room. */
static double tick_step(double hours)
{
    static const double steps[] = {1. / 60, 5. / 60, .25, .5, 1, 2, 3, 6, 12, 24, 168};
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(steps) && hours / steps[i] > TICKS_MAX)
        i++;
    return fmax(steps[i], hours / TICKS_MAX);
}

static void add_hours(const struct film *f, struct buf *out)
{
    double hours = f->count ? f->moments[f->count - 1].hours : 0;
    double step = tick_step(hours);

    if (!(hours > 0))
        return;
    for (int tick = 0; tick * step <= hours * 1.001; tick++) {
        double h = tick * step;
        double x = h / hours * WIDTH;

        buf_printf(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, REWARDS_TOP,
                   HOURS_TOP);
        buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x,
                   HOURS_TOP + 10);
        if (step < 1)
            buf_printf(out, "%.0f min</text>\n", h * 60);
        else
            buf_printf(out, "%.3g h</text>\n", h);
    }
}

void film_svg(const struct film *f, size_t arms, const char *best, struct buf *out)
{
    double least = least_reward(f, arms);

    buf_printf(out, "<svg viewBox=\"%d 0 %d %d\" role=\"img\">\n", -LEFT,
               LEFT + WIDTH + 14, HEIGHT);
    add_scales(least, best, out);
    add_hours(f, out);
    add_weights(f, arms, out);
    add_strip(f, arms, out);
    for (size_t a = 0; a < arms; a++) {
        add_line(f, a, true, least, out);
        add_line(f, a, false, least, out);
    }
    buf_puts(out, "</svg>");
}

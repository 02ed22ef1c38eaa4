/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { LINE_MAX_BYTES = 4096, LIVE_MS = 500, PLAIN_MS = 10000, BAR_CELLS = 24 };

static const char *const palette[] = {"\033[36m", "\033[33m", "\033[35m",
                                      "\033[32m", "\033[34m", "\033[31m"};
static const char colour_off[] = "\033[0m";

static bool says_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value && value[0])
            return strstr(value, "UTF-8") || strstr(value, "utf8");
    }
    return false;
}

struct looks looks_of_terminal(void)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    struct winsize size = {.ws_col = 0};
    struct looks l = {.columns = 80};

    l.live = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    l.colours = l.live && !(no_color && no_color[0]);
    l.blocks = says_utf8();
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        l.columns = size.ws_col;
    return l;
}

void progress_init(struct progress *p, struct looks looks, int64_t now_ns)
{
    *p = (struct progress){.looks = looks, .start_ns = now_ns};
    p->steps[0].at_ns = now_ns; /* nothing happened until now */
    p->count = p->next = 1;
}

int64_t progress_interval_ms(const struct progress *p)
{
    return p->looks.live ? LIVE_MS : PLAIN_MS;
}

static const char *fill_of(const struct looks *l, size_t arm)
{
    static const char *const blocks[] = {"\u2588", "\u2593", "\u2592", "\u2591"};
    static const char *const plain[] = {"#", "=", "+", "-"};

    if (l->blocks && l->colours)
        return blocks[0];
    return (l->blocks ? blocks : plain)[arm % ARRAY_LEN(plain)];
}

static void colour(const struct looks *l, size_t arm, struct buf *out)
{
    if (l->colours)
        buf_puts(out, palette[arm % ARRAY_LEN(palette)]);
}

static void colour_end(const struct looks *l, struct buf *out)
{
    if (l->colours)
        buf_puts(out, colour_off);
}

void progress_shares(const struct glance *g, const struct looks *looks, int cells,
                     struct buf *out)
{
    double total = 0;
    double before = 0;

    for (size_t i = 0; i < g->arm_count; i++)
        total += (double)g->arms[i].answers;
    if (total <= 0)
        return;
    for (size_t i = 0; i < g->arm_count; i++) {
        double after = before + (double)g->arms[g->by_name[i]].answers / total * cells;

        colour(looks, i, out);
        for (long n = lround(before); n < lround(after); n++)
            buf_puts(out, fill_of(looks, i));
        colour_end(looks, out);
        before = after;
    }
    for (size_t i = 0; i < g->arm_count; i++) {
        buf_puts(out, "  ");
        colour(looks, i, out);
        buf_puts(out, fill_of(looks, i));
        colour_end(looks, out);
        buf_printf(out, " %s %.0f%%", g->arms[g->by_name[i]].name,
                   100 * (double)g->arms[g->by_name[i]].answers / total);
    }
}

void progress_fit(const char *line, int columns, struct buf *out)
{
    int used = 0;

    for (const char *p = line; *p; p++) {
        if (*p == '\033') { /* a colour: to its 'm', it takes no room */
            size_t n = strcspn(p, "m");

            buf_add(out, p, n + (p[n] == 'm'));
            p += n - (p[n] != 'm');
            continue;
        }
        used += ((unsigned char)*p & 0xc0) != 0x80; /* each first byte of a character */
        if (used <= columns)
            buf_add(out, (unsigned char)*p < ' ' ? " " : p, 1);
    }
}

/* Take away what was drawn last. */
static void clear_lines(struct progress *p, struct buf *out)
{
    if (p->drawn)
        buf_printf(out, "\033[%dA", p->drawn);
    buf_puts(out, "\r\033[J");
    p->drawn = 0;
}

static void add_line(struct progress *p, struct buf *line, struct buf *out)
{
    progress_fit(buf_str(line), p->looks.columns, out);
    buf_putc(out, '\n');
    buf_reset(line);
    p->drawn++;
}

static void show_live(struct progress *p, const struct glance *now,
                      const struct glance *recent, double target_rate,
                      const char *trouble)
{
    int64_t s = (now->at_ns - p->start_ns) / 1000000000;
    double recent_s = (double)recent->at_ns / 1e9;
    char p95[LATENCY_TEXT_MAX];
    CLEANUP(buf_clear)
    struct buf line = BUF_INIT(LINE_MAX_BYTES);
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT((size_t)4 * LINE_MAX_BYTES);

    clear_lines(p, &out);
    buf_printf(&line, "%02lld:%02lld:%02lld  %.1f of %.1f req/s  %llu sent  %llu ok  ",
               (long long)s / 3600, (long long)s / 60 % 60, (long long)s % 60,
               (double)recent->sent / recent_s, target_rate,
               (unsigned long long)now->sent, (unsigned long long)now->ok);
    if (recent->failed && p->looks.colours)
        buf_puts(&line, palette[5]);
    buf_printf(&line, "%llu errors", (unsigned long long)now->failed);
    if (recent->failed)
        colour_end(&p->looks, &line);
    buf_printf(&line, "  p95 %s  %llu labels",
               latency_text(latency_quantile_ns(&recent->latency, 0.95), p95),
               (unsigned long long)now->feedback);
    add_line(p, &line, &out);
    progress_shares(recent, &p->looks, BAR_CELLS, &line);
    add_line(p, &line, &out);
    if (recent->failed) {
        buf_puts(&line, trouble);
        add_line(p, &line, &out);
    }
    (void)!write(STDERR_FILENO, buf_str(&out), out.len);
}

static void show_plain(const struct glance *now, const struct glance *recent,
                       double target_rate, const char *trouble)
{
    CLEANUP(buf_clear)
    struct buf shares = BUF_INIT(LINE_MAX_BYTES);
    double answers = 0;

    for (size_t i = 0; i < recent->arm_count; i++)
        answers += (double)recent->arms[i].answers;
    for (size_t i = 0; i < recent->arm_count && answers > 0; i++)
        buf_printf(&shares, "%s%s=%.3f", i ? " " : "",
                   recent->arms[recent->by_name[i]].name,
                   (double)recent->arms[recent->by_name[i]].answers / answers);
    log_info(
        "traffic",
        LOG_NUM("rate", round(1e11 * (double)recent->sent / (double)recent->at_ns) / 100),
        LOG_NUM("target", target_rate), LOG_INT("sent", now->sent),
        LOG_INT("ok", now->ok), LOG_INT("errors", now->failed),
        LOG_NUM("p95_ms", round(latency_quantile_ns(&recent->latency, 0.95) / 1e4) / 100),
        LOG_INT("labels", now->feedback), LOG_STR("shares", buf_str(&shares)),
        LOG_STR("trouble", recent->failed ? trouble : ""));
}

void progress_show(struct progress *p, const struct glance *now, double target_rate,
                   const char *trouble)
{
    size_t oldest = p->count < PROGRESS_STEPS ? 0 : p->next;
    struct glance recent = *now;

    /* On a terminal the last twenty half seconds; elsewhere since the last line. */
    if (!p->looks.live)
        oldest = (p->next + PROGRESS_STEPS - 1) % PROGRESS_STEPS;
    glance_since(&recent, &p->steps[oldest]);
    p->steps[p->next] = *now;
    p->next = (p->next + 1) % PROGRESS_STEPS;
    if (p->count < PROGRESS_STEPS)
        p->count++;
    if (p->looks.live)
        show_live(p, now, &recent, target_rate, trouble);
    else
        show_plain(now, &recent, target_rate, trouble);
}

void progress_end(struct progress *p)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(LINE_MAX_BYTES);

    if (!p->drawn)
        return;
    clear_lines(p, &out);
    (void)!write(STDERR_FILENO, buf_str(&out), out.len);
}

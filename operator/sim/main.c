/* SPDX-License-Identifier: Apache-2.0 */
/* bandit-sim: the decisions of bandit-operator, tried in simulated worlds. */
#include <stdio.h>

#include "base/file.h"
#include "base/flags.h"
#include "sim/results.h"

enum { EXIT_OK = 0, EXIT_GATE = 1, EXIT_USAGE = 2, REPORT_MAX = 64 << 20 };

static struct settings {
    int64_t seeds;
    int64_t first_seed;
    const char *csv;
    const char *html;
    bool gate;
} settings = {.seeds = 30, .first_seed = 1};

static const struct flag flags[] = {
    {.name = "seeds",
     .kind = FLAG_INT,
     .value = &settings.seeds,
     .argname = "N",
     .help = "Runs of each policy, each with its own chance.",
     .low = 1,
     .high = 100000},
    {.name = "first-seed",
     .kind = FLAG_INT,
     .value = &settings.first_seed,
     .argname = "N",
     .help = "The seeds are this and those after it.",
     .low = 0,
     .high = 1e15},
    {.name = "csv",
     .kind = FLAG_STRING,
     .value = &settings.csv,
     .argname = "FILE",
     .help = "Write the figures as CSV, too."},
    {.name = "html",
     .kind = FLAG_STRING,
     .value = &settings.html,
     .argname = "FILE",
     .help = "Write a page with the figures and a drawn day of each policy."},
    {.name = "gate",
     .kind = FLAG_SWITCH,
     .value = &settings.gate,
     .help = "Exit with 1 when a scenario's expectations are not met."},
    {.name = NULL                           },
};

typedef void report_fn(const struct results *r, struct buf *out);

static bool write_report(const struct results *r, report_fn *report, const char *path,
                         struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REPORT_MAX);

    if (!path || !path[0])
        return true;
    report(r, &text);
    if (!buf_ok(&text))
        return error_set(err, ERR_TOO_BIG, "%s: too many scenarios for one report", path);
    return file_write(path, buf_str(&text), text.len, 0644, err);
}

static int report(const struct results *r)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REPORT_MAX);
    struct error err;
    bool good = true;

    results_table(r, &text);
    if (settings.gate) {
        buf_putc(&text, '\n');
        good = results_gate(r, &text);
    }
    (void)fputs(buf_str(&text), stdout);
    if (!write_report(r, results_csv, settings.csv, &err) ||
        !write_report(r, results_html, settings.html, &err)) {
        (void)fprintf(stderr, "bandit-sim: %s\n", err.msg);
        return EXIT_USAGE;
    }
    return good ? EXIT_OK : EXIT_GATE;
}

int main(int argc, char **argv)
{
    const char *paths[64];
    size_t path_count = 0;
    const struct program program = {
        .name = "bandit-sim",
        .summary =
            "Try routing policies in simulated worlds, with the operator's own code.",
        .usage = "[flags] SCENARIO...",
        .examples =
            "  bandit-sim operator/sim/scenarios/stationary.yaml\n"
            "  bandit-sim --html sim.html --csv sim.csv operator/sim/scenarios/*.yaml\n",
        .flags = flags,
        .positional = paths,
        .positional_max = sizeof(paths) / sizeof(paths[0]),
        .positional_count = &path_count,
    };
    struct results r = {.items = NULL};
    struct error err;
    int code = flags_main(&program, argc, argv);

    if (code >= 0)
        return code;
    if (!path_count) {
        (void)fprintf(stderr, "bandit-sim: which scenarios? See --help.\n");
        return EXIT_USAGE;
    }
    r.seeds = (size_t)settings.seeds;
    r.first_seed = (uint64_t)settings.first_seed;
    if (results_run(&r, paths, path_count, &err)) {
        code = report(&r);
    } else {
        (void)fprintf(stderr, "bandit-sim: %s\n", err.msg);
        code = EXIT_USAGE;
    }
    results_clear(&r);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/text.h"
#include "replay/ask.h"
#include "replay/report.h"
#include "replay/verify.h"

enum { REPORT_MAX = 64 << 20, HOUR_MS = 3600 * 1000 };

static struct settings {
    const char *url, *file, *journal, *route, *name, *save;
    const char *start, *end;
    const char *csv, *html;
    struct flag_list policies;
    int64_t step_ms, timeout_ms, seed;
    bool verify;
} settings = {.timeout_ms = 30 * 1000, .seed = 1};

/* clang-format off */
static const struct flag flags[] = {
    {.name = "prometheus.url", .kind = FLAG_STRING, .value = &settings.url,
     .argname = "URL", .help = "Read ranges from this Prometheus."},
    {.name = "prometheus.timeout", .kind = FLAG_DURATION, .value = &settings.timeout_ms,
     .argname = "DURATION", .help = "Of each query."},
    {.name = "file", .kind = FLAG_STRING, .value = &settings.file, .argname = "FILE",
     .help = "Read ranges from a recording: answers of Prometheus, a line each; may be "
             "gzipped."},
    {.name = "journal", .kind = FLAG_STRING, .value = &settings.journal,
     .argname = "FILE", .help = "Read decisions from a journal, as --decisions.log writes "
                                "it; may be gzipped."},
    {.name = "route", .kind = FLAG_STRING, .value = &settings.route, .argname = "FILE",
     .help = "The BanditRoute; a journal brings its own."},
    {.name = "name", .kind = FLAG_STRING, .value = &settings.name,
     .argname = "NAMESPACE/NAME", .help = "Which route, where there are several."},
    {.name = "start", .kind = FLAG_STRING, .value = &settings.start, .argname = "TIME",
     .help = "RFC 3339, or a duration before now; default: an hour before now, or all of "
             "a file."},
    {.name = "end", .kind = FLAG_STRING, .value = &settings.end, .argname = "TIME",
     .help = "The same; default: now, or all of a file."},
    {.name = "step", .kind = FLAG_DURATION, .value = &settings.step_ms,
     .argname = "DURATION", .help = "Decide so often, and not when it was decided."},
    {.name = "policy", .kind = FLAG_LIST, .value = &settings.policies,
     .argname = "TYPE[:FIELD=VALUE,...]",
     .help = "Try this policy, too; fields of other parts of the spec as "
             "guardrails.maxStepUp=0.5."},
    {.name = "verify", .kind = FLAG_SWITCH, .value = &settings.verify,
     .help = "Are the journal's decisions made again, from its own inputs and from "
             "ranges? Exit with 1 when not."},
    {.name = "save", .kind = FLAG_STRING, .value = &settings.save, .argname = "FILE",
     .help = "Write what Prometheus answers there, for --file; gzipped where it ends "
             "in .gz."},
    {.name = "csv", .kind = FLAG_STRING, .value = &settings.csv, .argname = "FILE",
     .help = "Write the figures as CSV, too."},
    {.name = "html", .kind = FLAG_STRING, .value = &settings.html, .argname = "FILE",
     .help = "Write a page with the figures, and each policy drawn."},
    {.name = "seed", .kind = FLAG_INT, .value = &settings.seed, .argname = "N",
     .help = "Of the resampling that intervals come from.", .low = 0, .high = 1e15},
    {.name = NULL},
};

static const struct program program = {
    .name = "bandit-operator replay",
    .summary = "Make recorded decisions again, or try other policies on what was "
               "recorded.",
    .usage = "[flags]",
    .examples =
        "  bandit-operator replay --journal decisions.jsonl --verify\n"
        "  bandit-operator replay --prometheus.url http://localhost:9090 "
        "--route digits.yaml --start 6h --save week.jsonl.gz\n"
        "  bandit-operator replay --file week.jsonl.gz --route digits.yaml \\\n"
        "      --policy EpsilonGreedy:epsilon=0.05 --policy ProbabilityOfBest --html "
        "replay.html\n",
    .flags = flags,
};
/* clang-format on */

/* ---- when ----------------------------------------------------------------------------
 */

static bool read_time(const char *text, const char *flag, int64_t otherwise, int64_t *out,
                      struct error *err)
{
    struct error ignored;
    int64_t ago_ms;

    *out = otherwise;
    if (!text || !*text)
        return true;
    if (text_to_duration(text, &ago_ms, &ignored))
        *out = clock_wall_ms() - ago_ms;
    else if (!clock_parse(text, out, err))
        return error_wrap(err, "--%s", flag);
    return true;
}

/* ---- inputs --------------------------------------------------------------------------
 */

static bool take_answer(void *arg, const char *line, size_t n, struct error *err)
{
    return ranges_add(arg, line, n, err);
}

static bool ask_and_save(const struct tape *t, struct ranges *r, int64_t start_ms,
                         int64_t end_ms, struct error *err)
{
    struct ask_options o = {.url = settings.url,
                            .timeout_ms = settings.timeout_ms,
                            .start_ms = start_ms,
                            .end_ms = end_ms,
                            .progress = isatty(STDERR_FILENO)};
    struct error late;
    bool ok;

    if (settings.save && !(o.save = lines_begin(settings.save, err)))
        return false;
    ok = ask_ranges(&o, t->route, r, err);
    if (!lines_end(o.save, ok ? err : &late))
        return false;
    return ok;
}

/* What there is between the times: of the journal, or else what was asked for. */
static bool read_ranges(const struct tape *t, struct ranges *r, int64_t *start_ms,
                        int64_t *end_ms, struct error *err)
{
    bool has_frames = t->count > 0;
    int64_t now_ms = clock_wall_ms();
    int64_t first_ms = has_frames ? t->frames[0].time_ms : now_ms - HOUR_MS;
    int64_t last_ms = has_frames ? t->frames[t->count - 1].time_ms : now_ms;

    if (settings.file && !lines_read(settings.file, take_answer, r, err))
        return false;
    if (settings.url) {
        if (!read_time(settings.start, "start", first_ms, start_ms, err) ||
            !read_time(settings.end, "end", last_ms, end_ms, err))
            return false;
        if (*start_ms >= *end_ms)
            return error_set(err, ERR_INVALID, "--start is not before --end");
        if (!ask_and_save(t, r, *start_ms, *end_ms, err))
            return false;
    }
    ranges_close(r);
    if (!ranges_extent(r, &first_ms, &last_ms))
        return error_set(err, ERR_INVALID,
                         "no rewards of %s/%s were recorded there: is it the right "
                         "route, window and time?",
                         t->route->namespace, t->route->name);
    return settings.url || (read_time(settings.start, "start", first_ms, start_ms, err) &&
                            read_time(settings.end, "end", last_ms, end_ms, err));
}

static bool check_flags(struct error *err)
{
    if (settings.url && settings.file)
        return error_set(err, ERR_INVALID, "--prometheus.url or --file, not both");
    if (!settings.url && !settings.file && !settings.journal)
        return error_set(err, ERR_INVALID,
                         "from where? --prometheus.url, --file or --journal");
    if (!settings.journal && !settings.route)
        return error_set(err, ERR_INVALID, "which route? --route FILE");
    if (settings.verify && !settings.journal)
        return error_set(err, ERR_INVALID, "--verify wants the --journal");
    if (settings.save && !settings.url)
        return error_set(err, ERR_INVALID, "--save wants a --prometheus.url");
    return settings.step_ms >= 0 || error_set(err, ERR_INVALID, "--step is negative");
}

static bool read_inputs(struct tape *t, struct ranges **r, struct error *err)
{
    int64_t start_ms = 0, end_ms = INT64_MAX;

    if (settings.journal) {
        if (!tape_read_journal(t, settings.journal, settings.name, err) ||
            !read_time(settings.start, "start", 0, &start_ms, err) ||
            !read_time(settings.end, "end", INT64_MAX, &end_ms, err))
            return false;
        tape_cut(t, start_ms, end_ms);
        if (!t->count)
            return error_set(err, ERR_INVALID, "%s: no decision from --start to --end",
                             settings.journal);
    } else if (!tape_read_manifest(t, settings.route, settings.name, err)) {
        return false;
    }
    if (!settings.url && !settings.file)
        return true;
    *r = ranges_new(t->route);
    return read_ranges(t, *r, &start_ms, &end_ms, err) &&
           (settings.journal ||
            tape_fill(t, *r, start_ms, end_ms, settings.step_ms, err));
}

/* ---- verifying -----------------------------------------------------------------------
 */

static int verify(const struct tape *t, const struct ranges *r)
{
    CLEANUP(buf_clear)
    struct buf told = BUF_INIT(REPORT_MAX);
    struct verify_report v = {.decisions = 0};

    verify_journal(t, &v, &told);
    printf("journal: %zu of %zu decisions of %s/%s made again, to the bit\n", v.same,
           v.decisions, t->route->namespace, t->route->name);
    if (t->skipped)
        printf("(%zu lines of other routes, or from before the spec changed, left out)\n",
               t->skipped);
    if (t->torn)
        printf("(%zu lines end in their middle, as a crash or a full disk leaves them: "
               "what they were to tell is lost)\n",
               t->torn);
    (void)fputs(buf_str(&told), stdout);
    if (r) {
        buf_reset(&told);
        verify_ranges(t, r, &v, &told);
        printf("ranges: %zu of %zu inputs are the same; %zu queries overtook the rules, "
               "%zu were not answered, %zu outside the ranges, %zu differ otherwise\n",
               v.inputs_same, v.decisions, v.inputs_overtaken, v.inputs_unanswered,
               v.inputs_absent, v.inputs_other);
        printf("ranges: %zu of %zu decisions are the same to the bit, given the state "
               "before; %zu on their own from the first state to 1e-9\n",
               v.same_given_state, v.decisions, v.near);
        (void)fputs(buf_str(&told), stdout);
    }
    return v.same == v.decisions && !v.inputs_other ? REPLAY_OK : REPLAY_DIFFERS;
}

/* ---- comparing -----------------------------------------------------------------------
 */

typedef void report_fn(const struct report *r, struct buf *out);

static bool write_report(const struct report *r, report_fn *fn, const char *path,
                         struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REPORT_MAX);

    if (!path)
        return true;
    fn(r, &text);
    return file_write(path, buf_str(&text), text.len, 0644, err);
}

static bool compare(const struct tape *t, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(REPORT_MAX);
    CLEANUP(report_clear)
    struct report r = {.tape = t};

    r.items = mem_alloc(settings.policies.count + 1, sizeof(*r.items));
    for (size_t i = 0; i <= settings.policies.count; i++) {
        if (!play_init(&r.items[i].play, t->route,
                       i ? settings.policies.items[i - 1] : NULL, err))
            return false;
        r.count++;
        play_run(&r.items[i].play, t);
    }
    report_judge(&r, (uint64_t)settings.seed);
    report_table(&r, &text);
    (void)fputs(buf_str(&text), stdout);
    return write_report(&r, report_csv, settings.csv, err) &&
           write_report(&r, report_html, settings.html, err);
}

int replay_main(int argc, char **argv)
{
    CLEANUP(tape_clear)
    struct tape tape = {.count = 0};
    CLEANUP(ranges_freep)
    struct ranges *ranges = NULL;
    struct error err;
    int code = flags_main(&program, argc, argv);

    if (code >= 0)
        return code;
    code = REPLAY_OK;
    if (check_flags(&err) && read_inputs(&tape, &ranges, &err)) {
        if (settings.verify)
            code = verify(&tape, ranges);
        if (settings.verify && !settings.policies.count && !settings.csv &&
            !settings.html)
            return code;
        if (compare(&tape, &err))
            return code;
    }
    (void)fprintf(stderr, "bandit-operator replay: %s\n", err.msg);
    return REPLAY_USAGE;
}

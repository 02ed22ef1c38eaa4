/* SPDX-License-Identifier: Apache-2.0 */
/* A journal that is moved on when it is full: what is kept of it can be made again. */
#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/journal.h"
#include "replay/lines.h"
#include "replay/verify.h"
#include "route/route_json.h"
#include "json/yaml.h"

enum { FILE_BYTES = 20000, LINE_MAX_BYTES = 4000, INTERVAL_MS = 30000 };

static const char manifest[] =
    "apiVersion: bandit-router.dev/v1alpha1\n"
    "kind: BanditRoute\n"
    "metadata: {name: digits, namespace: default, generation: 1}\n"
    "spec:\n"
    "  interval: 30s\n"
    "  arms:\n"
    "  - {name: a, backend: {service: a, port: 80}}\n"
    "  - {name: b, backend: {service: b, port: 80}}\n"
    "  targetRef: {kind: HAProxyBackend, name: digits}\n"
    "  reward: {window: 1m, objectives: [{name: success, weight: 1}]}\n";

/* ---- decisions about one route, written down -----------------------------------------
 */

struct diary {
    char folder[64], path[96];
    struct bandit_route *route;
    struct journal *journal;
    uint64_t chain;
    int64_t now_ms;
    size_t torn; /* lines that are to be found cut short */
};

static void begin(struct diary *d, unsigned keep)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *object = yaml_parse_one(manifest, strlen(manifest), &err);

    *d = (struct diary){.now_ms = INT64_C(1700000000000)};
    (void)snprintf(d->folder, sizeof(d->folder), "%s", "/tmp/journal-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    (void)snprintf(d->path, sizeof(d->path), "%s/decisions.jsonl", d->folder);
    d->route = route_from_json(object, &err);
    assert_non_null(d->route);
    d->journal = journal_open(&(struct journal_options){d->path, FILE_BYTES, keep}, &err);
    assert_non_null(d->journal);
}

static const char *file_name(const struct diary *d, unsigned number, char out[128])
{
    (void)snprintf(out, 128, number ? "%s.%u" : "%s", d->path, number);
    return out;
}

static void end(struct diary *d)
{
    char name[128];

    journal_close(d->journal);
    route_free(d->route);
    for (unsigned i = 0; i < 10; i++)
        if (unlink(file_name(d, i, name)))
            (void)rmdir(name);
    assert_int_equal(rmdir(d->folder), 0);
}

/* The decision that is due; it is told whether it could be written down, and only then
 * does time go on. */
static bool decide_once(struct diary *d, unsigned n, struct error *err)
{
    struct bandit_route *r = d->route;
    struct observation seen = {.asked_ms = d->now_ms, .data_plane_known = true};
    CLEANUP(decision_clear)
    struct decision made = {.write = false};

    for (size_t i = 0; i < r->spec.arm_count; i++)
        seen.arms[i] = (struct arm_observation){
            .newest_ms = d->now_ms,
            .applied = n ? r->status.arms[i].applied : 0.5,
            .ready = true,
            .objectives = {{.good = 900 + 10. * (double)((n + i) % 5), .events = 1000}}};
    core_decide(&r->spec, &r->status, &seen, r->generation, d->now_ms, &made);
    for (size_t i = 0; i < r->spec.arm_count; i++)
        made.status.arms[i].applied = made.weights[i];
    if (!journal_write(d->journal, &d->chain, r, &seen, &made, d->now_ms, err))
        return false;
    decision_accept(&made, &r->status);
    d->now_ms += INTERVAL_MS;
    return true;
}

static void decide(struct diary *d, unsigned times)
{
    struct error err;

    for (unsigned n = 0; n < times; n++)
        if (!decide_once(d, n, &err))
            fail_msg("%s", err.msg);
}

/* How many decisions there are to be read from the path; all of them are made again, none
 * is missing between two, and they end with the last one. */
static size_t made_again(const struct diary *d, const char *path)
{
    CLEANUP(tape_clear)
    struct tape tape = {.count = 0};
    CLEANUP(buf_clear)
    struct buf told = BUF_INIT(1 << 20);
    struct verify_report report = {.decisions = 0};
    struct error err;

    if (!tape_read_journal(&tape, path, NULL, &err))
        fail_msg("%s", err.msg);
    verify_journal(&tape, &report, &told);
    if (report.same != report.decisions || report.gaps)
        fail_msg("%s", buf_str(&told));
    for (size_t i = 1; i < tape.count; i++)
        assert_int_equal(tape.frames[i].time_ms - tape.frames[i - 1].time_ms,
                         INTERVAL_MS);
    if (strcmp(path, d->path) == 0)
        assert_int_equal(tape.frames[tape.count - 1].time_ms, d->now_ms - INTERVAL_MS);
    assert_int_equal(tape.count, report.decisions);
    assert_int_equal(tape.torn, d->torn);
    return tape.count;
}

static int64_t bytes_of(const char *path)
{
    struct stat st;

    return stat(path, &st) ? -1 : st.st_size;
}

/* No file of ours grows beyond so many bytes; RLIM_INFINITY: they do again. To a program
 * that is a disk that is full: write() writes a part, and then nothing. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What a process leaves that is killed within a write. */
static void leave_a_fragment(struct diary *d)
{
    FILE *f = fopen(d->path, "ae");

    assert_non_null(f);
    assert_true(fputs("{\"time\":17000000", f) >= 0);
    assert_int_equal(fclose(f), 0);
    d->torn++;
}

static char first_byte_of(const char *path)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    struct error err;

    assert_true(file_read(path, &text, &err));
    return text.data[0];
}

/* ---- tests ---------------------------------------------------------------------------
 */

static void a_full_file_is_moved_on(void **state)
{
    struct diary d;
    size_t sum = 0;

    (void)state;
    begin(&d, 9);
    decide(&d, 200);
    for (unsigned i = 0; i < 10; i++) {
        char name[128];
        int64_t bytes = bytes_of(file_name(&d, i, name));

        if (bytes < 0)
            break;
        assert_true(bytes < FILE_BYTES + LINE_MAX_BYTES);
        assert_true(i == 0 || bytes >= FILE_BYTES);
        sum += i ? made_again(&d, name) : 0; /* each alone */
    }
    assert_in_range(sum, 100, 199);
    assert_int_equal(made_again(&d, d.path), 200);
    end(&d);
}

static void only_so_many_are_kept(void **state)
{
    struct diary d;
    char name[128];
    size_t left;

    (void)state;
    begin(&d, 2);
    decide(&d, 500);
    assert_true(bytes_of(file_name(&d, 2, name)) > 0);
    assert_int_equal(bytes_of(file_name(&d, 3, name)), -1);
    left = made_again(&d, d.path);
    assert_in_range(left, 50, 499);
    end(&d);
}

static void nothing_is_lost_when_it_cannot_be_moved_on(void **state)
{
    struct diary d;
    char name[128];

    (void)state;
    begin(&d, 1);
    assert_int_equal(mkdir(file_name(&d, 1, name), 0755), 0);
    decide(&d, 200);
    assert_true(bytes_of(d.path) > 2 * FILE_BYTES);
    assert_int_equal(rmdir(name), 0);
    assert_int_equal(made_again(&d, d.path), 200);
    decide(&d, 20); /* and as soon as it can be, it is */
    assert_true(bytes_of(d.path) < FILE_BYTES + LINE_MAX_BYTES);
    assert_int_equal(made_again(&d, d.path), 220);
    end(&d);
}

/* A crash between two moves leaves a number out. */
static void a_gap_in_the_numbers_is_read_over(void **state)
{
    struct diary d;
    char from[128], to[128];

    (void)state;
    begin(&d, 9);
    decide(&d, 200);
    assert_true(bytes_of(file_name(&d, 3, from)) > 0);
    for (unsigned i = 8; i > 1; i--)
        if (bytes_of(file_name(&d, i, from)) >= 0)
            assert_int_equal(rename(from, file_name(&d, i + 1, to)), 0);
    assert_int_equal(made_again(&d, d.path), 200);
    end(&d);
}

static void what_was_compressed_since_is_read(void **state)
{
    struct diary d;
    char name[128], packed[136];
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    struct lines_writer *w;
    struct error err;

    (void)state;
    begin(&d, 9);
    decide(&d, 100);
    (void)snprintf(packed, sizeof(packed), "%s.gz", file_name(&d, 1, name));
    assert_true(file_read(name, &text, &err));
    w = lines_begin(packed, &err);
    assert_non_null(w);
    assert_true(lines_add(w, text.data, text.len - 1, &err)); /* it adds a newline */
    assert_true(lines_end(w, &err));
    assert_int_equal(unlink(name), 0);
    assert_int_equal(made_again(&d, d.path), 100);
    assert_int_equal(unlink(packed), 0);
    end(&d);
}

static void what_is_no_file_is_never_full(void **state)
{
    struct diary d;
    struct error err;

    (void)state;
    begin(&d, 1);
    journal_close(d.journal);
    assert_int_equal(unlink(d.path), 0);
    assert_int_equal(symlink("/dev/null", d.path), 0);
    d.journal = journal_open(&(struct journal_options){d.path, FILE_BYTES, 1}, &err);
    assert_non_null(d.journal);
    decide(&d, 100);
    assert_int_equal(access(d.path, F_OK), 0);
    end(&d);
}

static void a_full_disk_costs_only_the_line_it_cuts(void **state)
{
    struct diary d;
    struct error err;

    (void)state;
    begin(&d, 1);
    decide(&d, 3);
    limit_files((rlim_t)bytes_of(d.path) + 100);
    for (int i = 0; i < 3; i++) /* one is cut short, of the others nothing is left */
        assert_false(decide_once(&d, 1, &err));
    limit_files(RLIM_INFINITY);
    d.torn = 1;
    decide(&d, 3);
    assert_int_equal(made_again(&d, d.path), 6);
    end(&d);
}

static void what_a_crash_left_is_not_continued(void **state)
{
    struct diary d;
    struct error err;

    (void)state;
    begin(&d, 1);
    decide(&d, 3);
    journal_close(d.journal);
    leave_a_fragment(&d);
    d.journal = journal_open(&(struct journal_options){d.path, FILE_BYTES, 1}, &err);
    assert_non_null(d.journal);
    d.chain = 0;
    decide(&d, 3);
    leave_a_fragment(&d); /* of somebody else, and then comes SIGHUP */
    assert_true(journal_reopen(d.journal, &err));
    decide(&d, 3);
    assert_int_equal(made_again(&d, d.path), 9);
    end(&d);
}

static void the_next_file_begins_with_a_line(void **state)
{
    struct diary d;
    struct error err;
    char name[128];

    (void)state;
    begin(&d, 1);
    limit_files(FILE_BYTES + 10);
    while (decide_once(&d, 1, &err))
        ;
    limit_files(RLIM_INFINITY);
    d.torn = 1;
    decide(&d, 1);
    assert_int_equal(bytes_of(file_name(&d, 1, name)), FILE_BYTES + 10);
    assert_int_equal(first_byte_of(d.path), '{');
    decide(&d, 2);
    assert_true(made_again(&d, d.path) > 3);
    end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_file_is_moved_on),
        cmocka_unit_test(only_so_many_are_kept),
        cmocka_unit_test(nothing_is_lost_when_it_cannot_be_moved_on),
        cmocka_unit_test(a_gap_in_the_numbers_is_read_over),
        cmocka_unit_test(what_was_compressed_since_is_read),
        cmocka_unit_test(what_is_no_file_is_never_full),
        cmocka_unit_test(a_full_disk_costs_only_the_line_it_cuts),
        cmocka_unit_test(what_a_crash_left_is_not_continued),
        cmocka_unit_test(the_next_file_begins_with_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

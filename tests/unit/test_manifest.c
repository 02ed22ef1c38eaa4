/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/manifest.h"

enum { SETTLING_MS = 1000, LONG_MS = 60000 };

static char folder[] = "/tmp/manifest-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[256];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/a.yaml", folder);
    (void)unlink(path);
    return rmdir(folder);
}

/* A document of that name, written as if so many seconds from now. */
static void put(const char *name, int from_now_s)
{
    char path[256], text[256];
    struct timespec times[2];
    struct error err;

    (void)snprintf(path, sizeof(path), "%s/a.yaml", folder);
    (void)snprintf(text, sizeof(text),
                   "apiVersion: bandit-router.dev/v1alpha1\nkind: BanditRoute\n"
                   "metadata: {name: %s}\n",
                   name);
    assert_true(file_write(path, text, strlen(text), 0600, &err));
    times[0] = times[1] = clock_timespec(clock_wall_ms() + 1000 * (int64_t)from_now_s);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void look(struct manifest *m, const char *name)
{
    manifest_look(m, folder, false);
    assert_int_equal(m->count, 1);
    assert_string_equal(m->documents[0].name, name);
}

static void what_was_written_long_ago_is_settled(void **state)
{
    struct manifest *m = manifest_new("a.yaml");

    (void)state;
    put("one", -100);
    look(m, "one");
    assert_false(manifest_is_restless(m));
    put("two", -100); /* the time of its change is another */
    look(m, "two");
    manifest_free(m);
}

/* A clock that was set back, an archive, a file of another machine: for a day it would be
 * read four times a second. */
static void a_time_that_is_to_come_settles_too(void **state)
{
    struct manifest *m = manifest_new("a.yaml");
    int64_t start_ms;

    (void)state;
    put("one", 86400);
    start_ms = clock_mono_ms();
    look(m, "one");
    while (manifest_is_restless(m) && clock_mono_ms() < start_ms + LONG_MS) {
        (void)usleep(20000);
        look(m, "one");
    }
    assert_false(manifest_is_restless(m));
    assert_true(clock_mono_ms() >= start_ms + SETTLING_MS);
    put("two", 86400);
    look(m, "two");
    manifest_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_long_ago_is_settled),
        cmocka_unit_test(a_time_that_is_to_come_settles_too),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

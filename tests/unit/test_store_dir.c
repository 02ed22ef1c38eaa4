/* SPDX-License-Identifier: Apache-2.0 */
/* The folder store against a real folder. Times are those of the store: a change is told
 * within a second, a deletion within two. */
#include "support/test.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "route/route_json.h"
#include "store/manifest.h"
#include "store/store_dir.h"

/* ---- a folder, a store that watches it, and what it told ------------------------- */

enum { WAIT_MS = 90000, FACTS_MAX = 4096 };

struct fixture {
    char folder[64];
    struct store *store;
    struct stop *stop;
    pthread_t thread;

    pthread_mutex_t lock; /* guards what was told: */
    struct fact {
        char key[400];
        enum store_event_type last;
        char message[400];
        char interval[32]; /* of the route that came along; "" without one */
        uint64_t decisions;
        int count;
    } facts[FACTS_MAX];
    size_t fact_count;
    bool synced;
    int events;
};

static struct fact *fact_of(struct fixture *f, const char *key)
{
    for (size_t i = 0; i < f->fact_count; i++)
        if (!strcmp(f->facts[i].key, key))
            return &f->facts[i];
    assert_true(f->fact_count < FACTS_MAX);
    (void)snprintf(f->facts[f->fact_count].key, sizeof(f->facts[0].key), "%s", key);
    return &f->facts[f->fact_count++];
}

static void note(void *arg, const struct store_event *event)
{
    struct fixture *f = arg;
    char key[400];
    struct fact *fact;

    (void)pthread_mutex_lock(&f->lock);
    f->events++;
    if (event->type == STORE_SYNCED) {
        f->synced = true;
    } else {
        (void)snprintf(key, sizeof(key), "%s/%s", event->namespace, event->name);
        fact = fact_of(f, key);
        fact->last = event->type;
        fact->count++;
        (void)snprintf(fact->message, sizeof(fact->message), "%s",
                       event->message ? event->message : "");
        (void)snprintf(fact->interval, sizeof(fact->interval), "%lld",
                       event->route ? (long long)event->route->spec.interval_ms : -1LL);
        fact->decisions = event->route ? event->route->status.decisions : 0;
    }
    (void)pthread_mutex_unlock(&f->lock);
}

static void *watch(void *arg)
{
    struct fixture *f = arg;
    struct error err;

    assert_true(store_watch(f->store, f->stop, note, f, &err));
    return NULL;
}

static struct fixture *fixture_new(void)
{
    struct fixture *f = mem_alloc(1, sizeof(*f));

    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/bandit-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)pthread_mutex_init(&f->lock, NULL);
    return f;
}

static void start(struct fixture *f)
{
    struct error err;

    memset(f->facts, 0, sizeof(f->facts));
    f->fact_count = 0;
    f->synced = false;
    f->events = 0;
    f->store = store_dir_open(f->folder, &err);
    assert_non_null(f->store);
    f->stop = stop_new();
    assert_int_equal(pthread_create(&f->thread, NULL, watch, f), 0);
}

static void finish(struct fixture *f)
{
    stop_request(f->stop);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    stop_free(f->stop);
    store_free(f->store);
}

static void fixture_free(struct fixture *f)
{
    DIR *dir = opendir(f->folder);

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        (void)unlinkat(dirfd(dir), e->d_name, 0);
    (void)closedir(dir);
    assert_int_equal(rmdir(f->folder), 0);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

static void path_in(const struct fixture *f, const char *name, char out[512])
{
    (void)snprintf(out, 512, "%s/%s", f->folder, name);
}

/* In place, as an editor that truncates does. */
static void put_in_place(const struct fixture *f, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    path_in(f, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* At once: nobody sees half of it, however long we are kept from the processor. */
static void put(const struct fixture *f, const char *name, const char *text)
{
    char beside[512];
    char path[512];

    put_in_place(f, ".being-written", text);
    path_in(f, ".being-written", beside);
    path_in(f, name, path);
    assert_int_equal(rename(beside, path), 0);
}

static void drop(const struct fixture *f, const char *name)
{
    char path[512];

    path_in(f, name, path);
    assert_int_equal(unlink(path), 0);
}

static bool exists(const struct fixture *f, const char *name)
{
    char path[512];

    path_in(f, name, path);
    return !access(path, F_OK);
}

#define ROUTE(name, more)                                                    \
    "{apiVersion: bandit-router.dev/v1alpha1, kind: BanditRoute, metadata: " \
    "{name: " name "}, spec: {arms: [{name: a}, {name: b}], targetRef: "     \
    "{kind: HAProxyBackend, name: x}" more "}}\n"

/* Wait until the object was told last with that type (and, if given, with these words in
 * its message, or that interval). */
static void expect(struct fixture *f, const char *key, enum store_event_type type,
                   const char *words)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    struct fact seen;

    do {
        (void)pthread_mutex_lock(&f->lock);
        seen = *fact_of(f, key);
        (void)pthread_mutex_unlock(&f->lock);
        if (seen.count && seen.last == type &&
            (!words || strstr(seen.message, words) || !strcmp(seen.interval, words)))
            return;
        (void)usleep(5000);
    } while (clock_mono_ms() < end);
    fail_msg("%s: told %d times, last %d \"%s\" interval %s, expected %d %s", key,
             seen.count, seen.last, seen.message, seen.interval, type,
             words ? words : "");
}

static void expect_synced(struct fixture *f)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    bool synced = false;

    while (!synced && clock_mono_ms() < end) {
        (void)pthread_mutex_lock(&f->lock);
        synced = f->synced;
        (void)pthread_mutex_unlock(&f->lock);
        (void)usleep(2000);
    }
    assert_true(synced);
}

static int times_told(struct fixture *f, const char *key)
{
    int count;

    (void)pthread_mutex_lock(&f->lock);
    count = fact_of(f, key)->count;
    (void)pthread_mutex_unlock(&f->lock);
    return count;
}

static int events_told(struct fixture *f)
{
    int count;

    (void)pthread_mutex_lock(&f->lock);
    count = f->events;
    (void)pthread_mutex_unlock(&f->lock);
    return count;
}

static uint64_t decisions_told(struct fixture *f, const char *key)
{
    uint64_t decisions;

    (void)pthread_mutex_lock(&f->lock);
    decisions = fact_of(f, key)->decisions;
    (void)pthread_mutex_unlock(&f->lock);
    return decisions;
}

static void expect_decisions(struct fixture *f, const char *key, uint64_t want)
{
    int64_t end = clock_mono_ms() + WAIT_MS;

    while (decisions_told(f, key) != want && clock_mono_ms() < end)
        (void)usleep(5000);
    assert_int_equal(decisions_told(f, key), want);
}

/* A route of that name with a status that says so many decisions. */
static struct bandit_route *route_with(const char *name, uint64_t decisions)
{
    static const char text[] =
        "{\"apiVersion\":\"bandit-router.dev/v1alpha1\",\"kind\":\"BanditRoute\","
        "\"metadata\":{\"name\":\"x\"},\"spec\":{\"arms\":[{\"name\":\"a\"},"
        "{\"name\":\"b\"}],\"targetRef\":{\"kind\":\"HAProxyBackend\",\"name\":\"x\"}}}";
    struct error err;
    CLEANUP(json_freep)
    struct json *j = json_parse(text, strlen(text), &err);
    struct bandit_route *r = route_from_json(j, &err);

    assert_non_null(r);
    (void)snprintf(r->name, sizeof(r->name), "%s", name);
    r->status.decisions = decisions;
    return r;
}

static bool write_status(struct store *s, const char *name, uint64_t decisions,
                         struct error *err)
{
    CLEANUP(route_freep)
    struct bandit_route *r = route_with(name, decisions);

    return store_write_status(s, r, err);
}

/* ---- the stories ----------------------------------------------------------------- */

static void objects_are_told_then_changes(void **state)
{
    struct fixture *f = fixture_new();
    struct store_stats stats;

    (void)state;
    put(f, "a.yaml", ROUTE("one", "") "---\n" ROUTE("two", "") "---\nkind: ConfigMap\n");
    put(f, "b.json", "{\"apiVersion\":\"v1\",\"kind\":\"Service\"}");
    put(f, "notes.txt", "not ours");
    start(f);
    expect_synced(f);
    expect(f, "default/one", STORE_UPSERT, "30000");
    expect(f, "default/two", STORE_UPSERT, NULL);
    assert_int_equal(events_told(f), 3);

    put(f, "c.yml", ROUTE("three", ""));
    expect(f, "default/three", STORE_UPSERT, NULL);
    put(f, "a.yaml", ROUTE("one", ", interval: 10s") "---\n" ROUTE("two", ""));
    expect(f, "default/one", STORE_UPSERT, "10000");
    assert_int_equal(times_told(f, "default/two"), 1);

    drop(f, "c.yml");
    expect(f, "default/three", STORE_DELETE, NULL);
    put(f, "a.yaml", ROUTE("two", ""));
    expect(f, "default/one", STORE_DELETE, NULL);
    assert_int_equal(times_told(f, "default/two"), 1);
    store_stats(f->store, &stats);
    assert_true(stats.list_success >= 4 && !stats.list_errors);
    assert_true(stats.watch_success == 1 && !stats.watch_errors);
    assert_true(stats.last_sync_ms > 0);
    finish(f);
    fixture_free(f);
}

/* ---- editors ---------------------------------------------------------------------- */

enum { THINKING_MS = 200, TRIES = 20 };

static void text_with(int interval_s, char out[512])
{
    (void)snprintf(out, 512, ROUTE("one", ", interval: %ds"), interval_s);
}

static void truncate_think_write(const struct fixture *f, int interval_s)
{
    char text[512];

    text_with(interval_s, text);
    put_in_place(f, "a.yaml", "");
    (void)usleep(THINKING_MS * 1000);
    put_in_place(f, "a.yaml", text);
}

static void write_beside_rename_over(const struct fixture *f, int interval_s)
{
    char text[512];
    char beside[512];
    char path[512];

    text_with(interval_s, text);
    path_in(f, ".a.yaml.swp", beside);
    path_in(f, "a.yaml", path);
    put_in_place(f, ".a.yaml.swp", "half");
    put_in_place(f, ".a.yaml.swp", text);
    assert_int_equal(rename(beside, path), 0);
}

static void move_away_write_anew(const struct fixture *f, int interval_s)
{
    char text[512];
    char path[512];
    char away[512];

    text_with(interval_s, text);
    path_in(f, "a.yaml", path);
    path_in(f, "a.yaml~", away);
    assert_int_equal(rename(path, away), 0);
    (void)usleep(THINKING_MS * 1000);
    put_in_place(f, "a.yaml", text);
}

/* Nothing of an editor's ways is told but the result. One who takes longer than the store
 * is patient, for the machine is busy, has to try again. */
static void editors_are_not_mistaken_for_deletions(void **state)
{
    static void (*const ways[])(const struct fixture *f, int interval_s) = {
        truncate_think_write, write_beside_rename_over, move_away_write_anew};
    struct fixture *f = fixture_new();
    int interval_s = 11, told;
    char path[512];
    char other[512];

    (void)state;
    put(f, "a.yaml", ROUTE("one", ""));
    start(f);
    expect(f, "default/one", STORE_UPSERT, "30000");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        bool in_time = false;

        for (int tries = 0; tries < TRIES && !in_time; tries++) {
            int64_t began_ms = clock_mono_ms();
            char interval[32];

            told = times_told(f, "default/one");
            ways[i](f, ++interval_s);
            in_time = clock_mono_ms() - began_ms < MANIFEST_GRACE_MS;
            (void)snprintf(interval, sizeof(interval), "%d000", interval_s);
            expect(f, "default/one", STORE_UPSERT, interval);
            if (in_time)
                assert_int_equal(times_told(f, "default/one"), told + 1);
        }
    }
    told = times_told(f, "default/one");
    path_in(f, "a.yaml", path); /* another name for the same: not gone */
    path_in(f, "z.yaml", other);
    assert_int_equal(rename(path, other), 0);
    (void)usleep(1500 * 1000);
    assert_int_equal(times_told(f, "default/one"), told);
    finish(f);
    fixture_free(f);
}

/* ---- more stories ----------------------------------------------------------------- */

static void what_is_wrong_is_told_and_the_last_good_spec_stays(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    put(f, "a.yaml", ROUTE("one", ", interval: 10s"));
    put(f, "broken.yaml", "a: [");
    put(f, "nameless.yaml", "{kind: BanditRoute}");
    start(f);
    expect_synced(f);
    expect(f, "/broken.yaml", STORE_INVALID, "broken.yaml: line 2, column 1:");
    expect(f, "/nameless.yaml#1", STORE_INVALID, "nameless.yaml#1: apiVersion: ");
    expect(f, "default/one", STORE_UPSERT, "10000");

    put(f, "a.yaml", ROUTE("one", ", interval: 10d"));
    expect(f, "default/one", STORE_INVALID, "a.yaml#1: spec.interval: \"10d\" is not");
    expect(f, "default/one", STORE_INVALID, "10000"); /* with the spec it had */
    put(f, "a.yaml", ROUTE("one", ", mode: Off"));    /* wrong again, in another way */
    expect(f, "default/one", STORE_INVALID, "a.yaml#1: spec.mode: \"Off\" is not one");
    expect(f, "default/one", STORE_INVALID, "10000");
    put(f, "a.yaml", "half: [");
    expect(f, "default/one", STORE_INVALID, "a.yaml: line 2, column 1:");
    expect(f, "default/one", STORE_INVALID, "10000");
    put(f, "a.yaml", ROUTE("one", ", interval: 10s")); /* as it was, and good again */
    expect(f, "default/one", STORE_UPSERT, "10000");

    drop(f, "broken.yaml");
    expect(f, "/broken.yaml", STORE_DELETE, NULL);
    finish(f);
    fixture_free(f);
}

static void the_first_of_two_documents_for_one_object_counts(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    put(f, "a.yaml", ROUTE("one", ", interval: 1s"));
    put(f, "b.yaml", ROUTE("other", "") "---\n" ROUTE("one", ", interval: 2s"));
    start(f);
    expect(f, "/b.yaml#2", STORE_INVALID,
           "b.yaml#2: default/one stands already in a.yaml#1");
    expect(f, "default/one", STORE_UPSERT, "1000");
    drop(f, "a.yaml");
    expect(f, "default/one", STORE_UPSERT, "2000");
    expect(f, "/b.yaml#2", STORE_DELETE, NULL);
    put(f, "a.yaml", ROUTE("one", ", interval: 3s"));
    expect(f, "default/one", STORE_UPSERT, "3000");
    expect(f, "/b.yaml#2", STORE_INVALID, "stands already in a.yaml#1");
    finish(f);
    fixture_free(f);
}

static void a_status_is_told_to_others_and_survives(void **state)
{
    struct fixture *f = fixture_new();
    struct fixture *other = fixture_new();
    struct error err;

    (void)state;
    put(f, "a.yaml", ROUTE("one", ""));
    assert_int_equal(rmdir(other->folder), 0);
    (void)snprintf(other->folder, sizeof(other->folder), "%s", f->folder);
    start(f);
    start(other);
    expect(f, "default/one", STORE_UPSERT, NULL);
    expect(other, "default/one", STORE_UPSERT, NULL);

    for (uint64_t i = 1; i <= 5; i++)
        assert_true(write_status(f->store, "one", i, &err));
    assert_false(write_status(f->store, "two", 1, &err));
    assert_int_equal(err.kind, ERR_NOT_FOUND);
    assert_false(write_status(other->store, "one", 9, &err));
    assert_int_equal(err.kind, ERR_CONFLICT);

    expect_decisions(other, "default/one", 5);
    assert_int_equal(times_told(f, "default/one"), 1); /* not its own */

    finish(f);
    assert_true(write_status(other->store, "one", 6, &err)); /* the lock is free */
    start(f);
    expect(f, "default/one", STORE_UPSERT, NULL);
    expect_decisions(f, "default/one", 6);
    put(f, "default.one.status.json", "{\"decisions\": 7"); /* damaged: begins anew */
    expect_decisions(f, "default/one", 0);
    expect(f, "default/one", STORE_UPSERT, NULL);

    drop(f, "a.yaml"); /* takes its status along */
    expect(other, "default/one", STORE_DELETE, NULL);
    for (int64_t end = clock_mono_ms() + WAIT_MS;
         clock_mono_ms() < end && exists(f, "default.one.status.json");)
        (void)usleep(5000);
    assert_false(exists(f, "default.one.status.json"));
    finish(f);
    finish(other);
    free(other);
    fixture_free(f);
}

static void a_folder_that_vanishes_deletes_nothing(void **state)
{
    struct fixture *f = fixture_new();
    char away[80];
    struct store_stats stats;

    (void)state;
    put(f, "a.yaml", ROUTE("one", ""));
    start(f);
    expect(f, "default/one", STORE_UPSERT, "30000");
    (void)snprintf(away, sizeof(away), "%s.away", f->folder);
    assert_int_equal(rename(f->folder, away), 0);
    for (int64_t end = clock_mono_ms() + WAIT_MS; clock_mono_ms() < end;) {
        store_stats(f->store, &stats);
        if (stats.list_errors >= 2 && stats.watch_errors >= 1)
            break;
        (void)usleep(5000);
    }
    assert_true(stats.list_errors >= 2 && stats.watch_errors >= 1);
    assert_int_equal(times_told(f, "default/one"), 1);
    assert_int_equal(rename(away, f->folder), 0);
    put(f, "a.yaml", ROUTE("one", ", interval: 9s"));
    expect(f, "default/one", STORE_UPSERT, "9000");
    put(f, "a.yaml", ROUTE("one", ", interval: 8s")); /* and it is watched again */
    expect(f, "default/one", STORE_UPSERT, "8000");
    finish(f);
    fixture_free(f);
}

static void a_thousand_objects_are_told_once_each(void **state)
{
    struct fixture *f = fixture_new();
    CLEANUP(buf_clear)
    struct buf many = BUF_INIT(1 << 20);
    char key[64];

    (void)state;
    for (int i = 0; i < 500; i++) {
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(4096);
        char name[32];

        (void)snprintf(name, sizeof(name), "r%03d.yaml", i);
        buf_printf(&text, ROUTE("single-%d", ""), i);
        put(f, name, buf_str(&text));
        buf_puts(&many, "---\n");
        buf_printf(&many, ROUTE("many-%d", ""), i);
    }
    put(f, "many.yaml", buf_str(&many));
    start(f);
    expect_synced(f);
    assert_int_equal(events_told(f), 1001);
    buf_puts(&many, "---\n" ROUTE("last", ""));
    put(f, "many.yaml", buf_str(&many));
    expect(f, "default/last", STORE_UPSERT, NULL);
    assert_int_equal(events_told(f), 1002);
    for (int i = 0; i < 500; i++) {
        (void)snprintf(key, sizeof(key), "default/many-%d", i);
        assert_int_equal(times_told(f, key), 1);
    }
    finish(f);
    fixture_free(f);
}

/* The decisions in the status file, which must be whole; 0: there is none. */
static uint64_t decisions_on_disk(const char *path)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    CLEANUP(json_freep)
    struct json *j = NULL;
    struct error err;

    if (!file_read(path, &text, &err)) {
        assert_int_equal(err.kind, ERR_NOT_FOUND);
        return 0;
    }
    j = json_parse(buf_str(&text), text.len, &err);
    if (!j)
        fail_msg("%s: %s", err.msg, buf_str(&text));
    return (uint64_t)json_number(json_get(j, "decisions"), 0);
}

/* A child that writes statuses until it is killed. */
static pid_t fork_writer(struct fixture *f, uint64_t from)
{
    pid_t child = fork();
    struct error err;

    assert_true(child >= 0);
    if (child)
        return child;
    start(f);
    expect_synced(f);
    while (write_status(f->store, "one", from, &err))
        from++;
    _exit(1);
}

/* A writer is killed at any moment: what is there is a whole status, an old or a new one.
 */
static void no_reader_ever_sees_half_a_status(void **state)
{
    struct fixture *f = fixture_new();
    char path[512];
    uint64_t newest = 0;

    (void)state;
    put(f, "a.yaml", ROUTE("one", ""));
    path_in(f, "default.one.status.json", path);
    for (int round = 0; round < 30; round++) {
        int64_t end = clock_mono_ms() + WAIT_MS;
        pid_t child = fork_writer(f, newest + 1);

        while (decisions_on_disk(path) <= newest && clock_mono_ms() < end)
            continue;
        (void)usleep((useconds_t)(777 * round));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_true(decisions_on_disk(path) > newest);
        newest = decisions_on_disk(path);
    }
    fixture_free(f);
}

static void *write_many(void *arg)
{
    struct fixture *f = arg;
    struct error err;

    for (uint64_t i = 0; i < 200; i++)
        if (!write_status(f->store, i & 1 ? "one" : "two", i, &err) &&
            err.kind != ERR_NOT_FOUND)
            fail_msg("%s", err.msg);
    return NULL;
}

/* For the thread sanitizer: writers beside a folder that changes. */
static void statuses_are_written_while_objects_come_and_go(void **state)
{
    struct fixture *f = fixture_new();
    pthread_t writer;

    (void)state;
    put(f, "a.yaml", ROUTE("one", ""));
    put(f, "b.yaml", ROUTE("two", ""));
    start(f);
    expect_synced(f);
    assert_int_equal(pthread_create(&writer, NULL, write_many, f), 0);
    for (int i = 0; i < 3; i++) {
        drop(f, "b.yaml");
        (void)usleep(700 * 1000);
        put(f, "b.yaml", ROUTE("two", ""));
        (void)usleep(200 * 1000);
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    expect(f, "default/two", STORE_UPSERT, NULL);
    finish(f);
    fixture_free(f);
}

static void a_store_needs_a_folder(void **state)
{
    struct error err;

    (void)state;
    assert_null(store_dir_open("/nowhere/at/all", &err));
    assert_int_equal(err.kind, ERR_NOT_FOUND);
    assert_null(store_dir_open("/dev/null", &err));
    assert_string_equal(err.msg, "/dev/null is not a folder");
    store_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_told_then_changes),
        cmocka_unit_test(editors_are_not_mistaken_for_deletions),
        cmocka_unit_test(what_is_wrong_is_told_and_the_last_good_spec_stays),
        cmocka_unit_test(the_first_of_two_documents_for_one_object_counts),
        cmocka_unit_test(a_status_is_told_to_others_and_survives),
        cmocka_unit_test(a_folder_that_vanishes_deletes_nothing),
        cmocka_unit_test(a_thousand_objects_are_told_once_each),
        cmocka_unit_test(no_reader_ever_sees_half_a_status),
        cmocka_unit_test(statuses_are_written_while_objects_come_and_go),
        cmocka_unit_test(a_store_needs_a_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "kube/event_book.h"

enum { SERIES = 1000 };

/* What was told, and of whom. */
struct told {
    int of[EVENT_SERIES_MAX];
    int posts, patches;
    bool refuse;
};

static bool tell(void *arg, const struct happening *h, enum event_step step)
{
    struct told *t = arg;

    t->of[strtol(h->name + 1, NULL, 10)]++;
    *(step == EVENT_POST ? &t->posts : &t->patches) += 1;
    return !t->refuse;
}

/* It happens to number n; the moment afterwards. */
static int64_t happen(struct event_book *b, int n, int64_t now_ms)
{
    struct json *event = json_new_object();
    struct json *metadata = json_new_object();
    char name[16];

    (void)snprintf(name, sizeof(name), "r%d", n);
    json_put_string(metadata, "name", name);
    json_put_string(metadata, "namespace", "default");
    json_put(event, "metadata", metadata);
    now_ms = event_book_ready_ms(b, now_ms);
    event_book_note(b, name, event, 0, now_ms);
    return now_ms;
}

/* A book in which each has happened three times, of which two were told. */
static int64_t fill(struct event_book *b, struct told *t)
{
    int64_t now = 1000;

    event_book_init(b, now, tell, t);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < SERIES; i++)
            now = happen(b, i, now);
    assert_int_equal(t->posts, SERIES);
    assert_int_equal(t->patches, SERIES);
    *t = (struct told){.posts = 0};
    return now;
}

static void new_ones_are_told_at_ten_a_second(void **state)
{
    struct event_book b;
    struct told t = {.posts = 0};
    int64_t now = 1000;

    (void)state;
    event_book_init(&b, now, tell, &t);
    for (int i = 0; i < EVENT_BURST; i++)
        now = happen(&b, i, now);
    assert_int_equal(now, 1000);
    for (int i = EVENT_BURST; i < EVENT_BURST + 50; i++)
        now = happen(&b, i, now);
    assert_int_equal(now, 1000 + 50 * EVENT_INTERVAL_MS);
    event_book_clear(&b);
}

/* Five minutes on, all of them are due in the same moment. */
static void a_flood_of_repetitions_keeps_the_rate_and_misses_none(void **state)
{
    struct event_book b;
    struct told t = {.posts = 0};
    int64_t start = fill(&b, &t) + EVENT_REFRESH_MS, now = start;
    int most = 0;

    (void)state;
    while (t.patches < SERIES && now < start + EVENT_REFRESH_MS) {
        int before = t.patches;

        event_book_sweep(&b, now);
        most = t.patches - before > most ? t.patches - before : most;
        assert_true(t.patches <= EVENT_BURST + (now - start) / EVENT_INTERVAL_MS);
        assert_true(b.sweep_ms > now);
        now = b.sweep_ms;
    }
    for (int i = 0; i < SERIES; i++)
        assert_int_equal(t.of[i], 1);
    assert_int_equal(most, EVENT_BURST / 2);
    assert_int_equal(t.posts, 0);
    event_book_clear(&b);
}

static void repetitions_leave_room_for_what_is_new(void **state)
{
    struct event_book b;
    struct told t = {.posts = 0};
    int64_t now = fill(&b, &t) + EVENT_REFRESH_MS;

    (void)state;
    event_book_sweep(&b, now);
    kube_table_clear(&b.known); /* so that all are new */
    for (int i = 0; i < EVENT_BURST / 2; i++)
        assert_int_equal(happen(&b, i, now), now);
    event_book_clear(&b);
}

static bool repeat(void *now_ms, const char *key, void *value)
{
    struct happening *h = value;

    (void)key;
    event_series_note(&h->series, *(int64_t *)now_ms);
    return true;
}

/* More than can be told before the first are due again: those behind have their turn. */
static void nobody_is_put_off_for_ever(void **state)
{
    struct event_book b;
    struct told t = {.posts = 0};
    int64_t now = 1000, end;

    (void)state;
    event_book_init(&b, now, tell, &t);
    for (int i = 0; i < EVENT_SERIES_MAX; i++)
        now = happen(&b, i, now);
    t = (struct told){.posts = 0};
    for (end = now + 3 * EVENT_REFRESH_MS; now < end; now = b.sweep_ms) {
        kube_table_sweep(&b.known, repeat, &now);
        event_book_sweep(&b, now);
    }
    for (int i = 0; i < EVENT_SERIES_MAX; i++)
        assert_in_range(t.of[i], 1, 3);
    event_book_clear(&b);
}

static void what_is_over_or_was_refused_is_forgotten(void **state)
{
    struct event_book b;
    struct told t = {.posts = 0};
    int64_t now = fill(&b, &t);

    (void)state;
    t.refuse = true;
    for (int rounds = 0; b.known.count && rounds < 1000; rounds++) {
        now += EVENT_FINISH_MS;
        event_book_sweep(&b, now);
    }
    assert_int_equal(b.known.count, 0);
    now = happen(&b, 7, now);
    assert_int_equal(b.known.count, 0);
    t.refuse = false;
    now = happen(&b, 7, now);
    assert_int_equal(b.known.count, 1);
    event_book_sweep(&b, now + EVENT_FINISH_MS);
    assert_int_equal(b.known.count, 0);
    event_book_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ones_are_told_at_ten_a_second),
        cmocka_unit_test(a_flood_of_repetitions_keeps_the_rate_and_misses_none),
        cmocka_unit_test(repetitions_leave_room_for_what_is_new),
        cmocka_unit_test(nobody_is_put_off_for_ever),
        cmocka_unit_test(what_is_over_or_was_refused_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

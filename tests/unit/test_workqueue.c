/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/workqueue.h"

DEFINE_FREEP(struct workqueue *, workqueue_free)

static void assert_next(struct workqueue *q, int64_t now_ms, const char *want)
{
    const char *key = workqueue_get(q, now_ms, NULL);

    if (!want)
        assert_null(key);
    else
        assert_string_equal(key ? key : "nothing", want);
}

static void keys_come_in_their_order_and_once(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();

    (void)state;
    workqueue_add(q, "a", 1);
    workqueue_add(q, "b", 2);
    workqueue_add(q, "a", 3);
    assert_next(q, 4, "a");
    assert_next(q, 4, "b");
    assert_next(q, 4, NULL);
    assert_int_equal(workqueue_next_ms(q), INT64_MAX);
    assert_int_equal(workqueue_stats(q, 4).adds, 2);
}

static void a_key_that_is_worked_on_comes_again_when_that_is_done(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();

    (void)state;
    workqueue_add(q, "a", 0);
    assert_next(q, 0, "a");
    workqueue_add(q, "a", 1);
    workqueue_add(q, "a", 2);
    assert_next(q, 3, NULL); /* nobody else gets it meanwhile */
    workqueue_done(q, "a", 10);
    assert_next(q, 11, "a");
    workqueue_done(q, "a", 12);
    assert_next(q, 13, NULL);
}

static void delays_are_kept_and_the_sooner_wins(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();
    int64_t waited_ms = -1;

    (void)state;
    workqueue_add_at(q, "late", 100);
    workqueue_add_at(q, "soon", 50);
    workqueue_add_at(q, "late", 80);
    workqueue_add_at(q, "late", 200);
    assert_int_equal(workqueue_next_ms(q), 50);
    assert_next(q, 49, NULL);
    assert_next(q, 50, "soon");
    assert_int_equal(workqueue_next_ms(q), 80);
    assert_next(q, 79, NULL);
    assert_string_equal(workqueue_get(q, 90, &waited_ms), "late");
    assert_int_equal(waited_ms, 0); /* nobody looked before */
}

static void now_beats_later(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();

    (void)state;
    workqueue_add_at(q, "a", 100);
    workqueue_add(q, "a", 1);
    workqueue_add_at(q, "a", 5);
    assert_next(q, 1, "a");
    workqueue_done(q, "a", 2);
    assert_next(q, 1000, NULL);
}

static void a_requeue_while_processing_waits_for_its_time(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();

    (void)state;
    workqueue_add(q, "a", 0);
    assert_next(q, 0, "a");
    workqueue_add_at(q, "a", 5); /* due before the work is done */
    assert_next(q, 6, NULL);
    workqueue_done(q, "a", 7);
    assert_next(q, 7, "a");
    workqueue_add_at(q, "a", 50);
    workqueue_done(q, "a", 8);
    assert_next(q, 49, NULL);
    assert_next(q, 50, "a");
}

static void failures_double_the_delay_until_forgiven(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();
    int64_t now = 0, wait = WORKQUEUE_BACKOFF_MS;

    (void)state;
    workqueue_add(q, "a", 0);
    for (int i = 0; i < 20; i++) {
        assert_next(q, now, "a");
        workqueue_retry(q, "a", now);
        workqueue_done(q, "a", now);
        assert_int_equal(workqueue_next_ms(q), now + wait);
        assert_next(q, now + wait - 1, NULL);
        now += wait;
        wait = wait * 2 < WORKQUEUE_BACKOFF_MAX_MS ? wait * 2 : WORKQUEUE_BACKOFF_MAX_MS;
    }
    assert_next(q, now, "a");
    workqueue_forget(q, "a");
    workqueue_retry(q, "a", now);
    workqueue_done(q, "a", now);
    assert_int_equal(workqueue_next_ms(q), now + WORKQUEUE_BACKOFF_MS);
    assert_int_equal(workqueue_stats(q, now).retries, 21);
}

/* Against a model that is slow and obvious: a random walk over many keys. */
enum { KEYS = 300 };

struct model {
    bool ready, processing, dirty;
    int64_t due; /* -1: not delayed */
};

static void model_add(struct model *m)
{
    m->due = -1;
    if (m->processing)
        m->dirty = true;
    else
        m->ready = true;
}

static void model_due(struct model *model, int64_t now)
{
    for (size_t i = 0; i < KEYS; i++)
        if (model[i].due >= 0 && model[i].due <= now)
            model_add(&model[i]);
}

static void it_does_what_a_model_does(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();
    static struct model model[KEYS];
    uint32_t seed = 7;
    int64_t now = 0;

    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        model[i] = (struct model){.due = -1};
    for (int step = 0; step < 200000; step++) {
        struct workqueue_stats stats;
        char key[16];
        struct model *m;
        size_t k, depth = 0, delayed = 0, processing = 0;

        seed = seed * 1664525U + 1013904223U;
        k = (seed >> 12) % KEYS;
        m = &model[k];
        (void)snprintf(key, sizeof(key), "ns/route-%zu", k);
        switch ((seed >> 8) % 6) {
        case 0:
            workqueue_add(q, key, now);
            model_add(m);
            break;
        case 1: {
            int64_t at = now + (seed >> 24);

            workqueue_add_at(q, key, at);
            if (!m->ready && !m->dirty && (m->due < 0 || m->due > at))
                m->due = at;
            break;
        }
        case 2:
            if (m->processing) {
                workqueue_done(q, key, now);
                m->processing = false;
                m->ready = m->dirty;
                m->dirty = false;
            }
            break;
        case 3:
            workqueue_forget(q, key);
            break;
        case 4:
            now += 3;
            break;
        default: {
            const char *got = workqueue_get(q, now, NULL);

            model_due(model, now);
            for (size_t i = 0; i < KEYS && !got; i++)
                assert_false(model[i].ready);
            if (got) {
                m = &model[strtoul(got + strlen("ns/route-"), NULL, 10)];
                assert_true(m->ready && !m->processing);
                m->ready = false;
                m->processing = true;
            }
            break;
        }
        }
        if (step % 100)
            continue;
        stats = workqueue_stats(q, now);
        for (size_t i = 0; i < KEYS; i++) {
            depth += model[i].ready;
            processing += model[i].processing;
            delayed += model[i].due >= 0;
        }
        assert_int_equal(stats.depth, depth);
        assert_int_equal(stats.processing, processing);
        assert_int_equal(stats.delayed, delayed);
    }
}

static void it_tells_how_long_work_is_unfinished(void **state)
{
    CLEANUP(workqueue_freep)
    struct workqueue *q = workqueue_new();
    struct workqueue_stats stats;

    (void)state;
    workqueue_add(q, "a", 0);
    workqueue_add(q, "b", 0);
    assert_next(q, 0, "a");
    assert_next(q, 100, "b");
    stats = workqueue_stats(q, 150);
    assert_int_equal(stats.unfinished_ms, 200);
    assert_int_equal(stats.longest_ms, 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_in_their_order_and_once),
        cmocka_unit_test(a_key_that_is_worked_on_comes_again_when_that_is_done),
        cmocka_unit_test(delays_are_kept_and_the_sooner_wins),
        cmocka_unit_test(now_beats_later),
        cmocka_unit_test(a_requeue_while_processing_waits_for_its_time),
        cmocka_unit_test(failures_double_the_delay_until_forgiven),
        cmocka_unit_test(it_does_what_a_model_does),
        cmocka_unit_test(it_tells_how_long_work_is_unfinished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

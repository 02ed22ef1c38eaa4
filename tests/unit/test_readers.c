/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told of a change: each reader once, and nobody who was forgotten. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "dataplane/readers.h"

static void note(void *arg, const char *reader)
{
    buf_printf(arg, "%s ", reader);
}

static void expect(struct readers *r, const char *subject, const char *want)
{
    CLEANUP(buf_clear)
    struct buf told = BUF_INIT(1 << 20);

    readers_tell(r, subject, note, &told);
    assert_string_equal(buf_str(&told), want);
}

static void each_is_told_once(void **state)
{
    static const char *const readers[] = {"m", "c", "x", "a", "m", "z", "c", "b", "a"};
    struct readers r;

    (void)state;
    readers_init(&r);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        readers_add(&r, "service", readers[i]);
    readers_add(&r, "other", "q");
    expect(&r, "service", "a b c m x z ");
    expect(&r, "service", ""); /* who was told reads again */
    readers_add(&r, "service", "k");
    expect(&r, "nobody", "");
    expect(&r, "other", "q ");
    expect(&r, NULL, "k ");
    expect(&r, NULL, "");
    readers_clear(&r);
}

static void who_was_forgotten_is_not_told(void **state)
{
    static const char *const readers[] = {"b", "d", "a", "c"};
    struct readers r;

    (void)state;
    readers_init(&r);
    readers_remove(&r, "service", "a");
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        readers_add(&r, "service", readers[i]);
    readers_remove(&r, "service", "c");
    readers_remove(&r, "service", "c");
    readers_remove(&r, "service", "e");
    readers_remove(&r, "other", "a");
    expect(&r, "service", "a b d ");
    readers_add(&r, "service", "a");
    readers_remove(&r, "service", "a");
    assert_int_equal(r.by_subject.count, 0); /* nothing of it is kept */
    readers_clear(&r);
}

/* A Service that every route of a fleet uses, in an order that suits nobody. */
static void many_read_one_service(void **state)
{
    enum { MANY = 20000 };
    struct readers r;
    char name[16];
    CLEANUP(buf_clear)
    struct buf told = BUF_INIT(1 << 20);
    size_t count = 0;

    (void)state;
    readers_init(&r);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < MANY; i++) {
            (void)snprintf(name, sizeof(name), "r%05u", i * 7919 % MANY);
            readers_add(&r, "service", name);
        }
    readers_tell(&r, "service", note, &told);
    for (const char *at = buf_str(&told); (at = strchr(at, ' ')); at++)
        count++;
    assert_int_equal(count, MANY);
    readers_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_told_once),
        cmocka_unit_test(who_was_forgotten_is_not_told),
        cmocka_unit_test(many_read_one_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Services that live and die with their EndpointSlices, and who is told of what. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/endpoints.h"
#include "dataplane/readers.h"

#define SLICE(endpoints)                                                    \
    "{\"metadata\":{\"namespace\":\"team\",\"name\":\"svm-1\",\"labels\":{" \
    "\"kubernetes.io/service-name\":\"svm\"}},\"endpoints\":[" endpoints "]}"

static struct endpoints_slice *slice_of(const char *text)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *j = json_parse(text, strlen(text), &err);

    if (!j)
        fail_msg("%s", err.msg);
    return endpoints_parse(j);
}

static void ready_is_what_the_slice_says(void **state)
{
    static const struct {
        const char *text;
        size_t ready;
    } cases[] = {
        {SLICE(""),                                                                     0},
        {SLICE("{}"),                                                                   1},
        {SLICE("{\"conditions\":{}}"),                                                  1},
        {SLICE("{\"conditions\":{\"ready\":null}}"),                                    1},
        {SLICE("{\"conditions\":{\"ready\":true}},{\"conditions\":{\"ready\":true}}"),  2},
        {SLICE("{\"conditions\":{\"ready\":false,\"serving\":true}}"),                  0},
        {SLICE("{\"conditions\":{\"ready\":false}},{\"conditions\":{\"ready\":true}}"),
         1                                                                               },
        {SLICE("{\"conditions\":{\"ready\":true,\"terminating\":true}}"),               0},
        {"{\"metadata\":{\"labels\":{\"kubernetes.io/service-name\":\"svm\"},"
         "\"namespace\":\"team\"},\"endpoints\":null}",                        0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(mem_freep)
        struct endpoints_slice *s = slice_of(cases[i].text);

        if (s->ready != cases[i].ready)
            fail_msg("%zu: %zu ready", i, s->ready);
        assert_string_equal(s->service, "team/svm");
    }
}

static void a_service_lives_by_any_of_its_slices(void **state)
{
    CLEANUP(mem_freep)
    struct endpoints_slice *two = slice_of(SLICE("{},{}"));
    CLEANUP(mem_freep)
    struct endpoints_slice *none = slice_of(SLICE(""));
    CLEANUP(mem_freep)
    struct endpoints_slice *stray = slice_of("{\"endpoints\":[{}]}"); /* no Service */
    struct endpoints e;

    (void)state;
    endpoints_init(&e);
    assert_false(endpoints_ready(&e, "team/svm"));
    assert_false(endpoints_change(&e, NULL, none));
    assert_true(endpoints_change(&e, NULL, two));
    assert_true(endpoints_ready(&e, "team/svm"));
    assert_false(endpoints_change(&e, NULL, two)); /* alive already */
    assert_false(endpoints_change(&e, two, none)); /* the other is there */
    assert_true(endpoints_change(&e, two, NULL));
    assert_false(endpoints_ready(&e, "team/svm"));
    assert_false(endpoints_change(&e, none, none));
    assert_false(endpoints_change(&e, NULL, stray));
    assert_true(endpoints_change(&e, stray, two));
    assert_true(endpoints_ready(&e, "team/svm"));
    assert_false(endpoints_ready(&e, ""));
    endpoints_clear(&e);
}

static void note(void *arg, const char *reader)
{
    struct buf *told = arg;

    buf_printf(told, "%s ", reader);
}

static void readers_are_told_once(void **state)
{
    CLEANUP(buf_clear)
    struct buf told = BUF_INIT(1024);
    struct readers r;

    (void)state;
    readers_init(&r);
    readers_tell(&r, "x", note, &told);
    readers_add(&r, "x", "a");
    readers_add(&r, "x", "b");
    readers_add(&r, "x", "a");
    readers_add(&r, "y", "c");
    readers_tell(&r, "x", note, &told);
    assert_string_equal(buf_str(&told), "a b ");
    readers_tell(&r, "x", note, &told);
    assert_string_equal(buf_str(&told), "a b ");
    readers_tell(&r, NULL, note, &told);
    readers_tell(&r, NULL, note, &told);
    assert_string_equal(buf_str(&told), "a b c ");
    readers_add(&r, "z", "d");
    readers_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_is_what_the_slice_says),
        cmocka_unit_test(a_service_lives_by_any_of_its_slices),
        cmocka_unit_test(readers_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

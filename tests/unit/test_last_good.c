/* SPDX-License-Identifier: Apache-2.0 */
/* What is compressed comes back as it was. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/last_good.h"

enum { TEXT_MAX = 8 << 20 };

static void assert_comes_back(const char *text)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *object = json_parse(text, strlen(text), &err);
    CLEANUP(mem_freep)
    struct last_good *kept = NULL;
    CLEANUP(json_freep)
    struct json *again = NULL;
    CLEANUP(buf_clear)
    struct buf before = BUF_INIT(TEXT_MAX);
    CLEANUP(buf_clear)
    struct buf after = BUF_INIT(TEXT_MAX);

    assert_non_null(object);
    kept = last_good_new(object);
    assert_non_null(kept);
    again = last_good_read(kept);
    assert_non_null(again);
    json_write(object, &before);
    json_write(again, &after);
    assert_string_equal(buf_str(&before), buf_str(&after));
}

static void an_object_comes_back_as_it_was(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"a\":null}",
        "{\"spec\":{\"arms\":[{\"name\":\"svm\",\"backend\":{\"service\":\"svm\","
        "\"port\":8080}}],\"reward\":{\"window\":\"5m\",\"objectives\":[{\"name\":"
        "\"success\",\"weight\":0.1,\"min\":0.95}]}}}",
        "{\"\xc3\xa4\":\"\\u0001 \\\" \xf0\x9f\x98\x80\",\"n\":[1e300,-0.1,true]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_comes_back(texts[i]);
}

/* Beyond the window, and hardly to be compressed. */
static void a_large_object_does_too(void **state)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(TEXT_MAX);
    uint64_t random = 1;

    (void)state;
    buf_puts(&text, "{\"noise\":\"");
    for (int i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buf_putc(&text, (char)('a' + (random >> 60)));
    }
    buf_puts(&text, "\"}");
    assert_comes_back(buf_str(&text));
}

static void one_that_is_too_large_is_not_kept(void **state)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(TEXT_MAX);
    CLEANUP(json_freep)
    struct json *object = json_new_object();

    (void)state;
    for (int i = 0; i < 5 << 20; i++)
        buf_putc(&text, 'x');
    json_put_string(object, "text", buf_str(&text));
    assert_null(last_good_new(object));
    assert_null(last_good_read(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_comes_back_as_it_was),
        cmocka_unit_test(a_large_object_does_too),
        cmocka_unit_test(one_that_is_too_large_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

static struct json *parse(const char *text, struct error *err)
{
    return json_parse(text, strlen(text), err);
}

static char *written(const struct json *j, void write(const struct json *, struct buf *))
{
    struct buf out = BUF_INIT(1 << 20);

    write(j, &out);
    return buf_take(&out);
}

static void good_texts_read_and_write_back(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {" null ",                              "null"                               },
        {"[true,false]",                        "[true,false]"                       },
        {"-0",                                  "-0"                                 },
        {"1.50e+2",                             "150"                                },
        {"0.1",                                 "0.1"                                },
        {"[1e-7,123456789012345678]",           "[1e-07,1.2345678901234568e+17]"     },
        {"\"a\\u00e9\\ud83d\\ude00\\n\\/\"",    "\"a\xc3\xa9\xf0\x9f\x98\x80\\n/\""  },
        {"{\"b\":1,\"a\":{\"B\":[],\"x\":{}}}", "{\"b\":1,\"a\":{\"B\":[],\"x\":{}}}"},
        {"{\"key\":1,\"Key\":2,\"\":3}",        "{\"key\":1,\"Key\":2,\"\":3}"       },
        {"\"\\u0001\\b\\f\\t\\r\\\"\\\\\"",     "\"\\u0001\\b\\f\\t\\r\\\"\\\\\""    },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        CLEANUP(json_freep)
        struct json *j = parse(rows[i].text, &err);
        CLEANUP(mem_freep)
        char *text = NULL;

        if (!j)
            fail_msg("%s: %s", rows[i].text, err.msg);
        text = written(j, json_write);
        assert_string_equal(text, rows[i].want);
    }
}

static void bad_texts_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"",                                          "line 1, column 1: the text ends too early"                },
        {"[1,",                                       "line 1, column 4: the text ends too early"                },
        {"[1,]",                                      "line 1, column 4: expected a value"                       },
        {"[1 2]",                                     "line 1, column 4: expected ',' or ']'"                    },
        {"{\"a\" 1}",                                 "line 1, column 6: expected ':' behind the key"            },
        {"{a:1}",                                     "line 1, column 2: expected a key in quotes"               },
        {"{\"a\":1,}",                                "line 1, column 8: expected a key in quotes"               },
        {"{} {}",                                     "line 1, column 4: more text behind the document"          },
        {"01",                                        "line 1, column 2: more text behind the document"          },
        {"+1",                                        "line 1, column 1: expected a value"                       },
        {"-",                                         "line 1, column 2: a number needs a digit here"            },
        {"1.",                                        "line 1, column 3: a number needs a digit behind its point"},
        {"1e",                                        "line 1, column 3: a number needs a digit in its exponent" },
        {"NaN",                                       "line 1, column 1: expected a value"                       },
        {"Infinity",                                  "line 1, column 1: expected a value"                       },
        {"tru",                                       "line 1, column 1: expected a value"                       },
        {"'a'",                                       "line 1, column 1: expected a value"                       },
        {"\"a",                                       "line 1, column 3: a string without its closing quote"     },
        {"\"a\nb\"",                                  "line 1, column 3: a control character inside a string"    },
        {"\"\\x\"",                                   "line 1, column 3: unknown escape"                         },
        {"\"\\u12g4\"",                               "line 1, column 6: \\u needs four hex digits"              },
        {"\"\\u0000\"",                               "line 1, column 8: a string may not hold \\u0000"          },
        {"\"\\ud800\"",                               "line 1, column 8: the first half of a surrogate pair "
                        "without its second"                                              },
        {"\"\\udc00\"",                               "line 1, column 8: the second half of a surrogate pair "
                        "without its first"                                               },
        {"\"\xc3\xa9\xff\"",                          "line 1, column 3: ill-formed UTF-8"                       },
        {"\xef\xbb\xbf{}",                            "line 1, column 1: expected a value"                       },
        {"[\n  1e999\n]",                             "line 2, column 3: a number too large"                     },
        {"{\"a\":1,\n\"a\":2}",                       "line 2, column 1: a key that was there before"            },
        {"{\"a\":[{\"x\":0,\"b\":1,\"\\u0062\":2}]}",
         "line 1, column 20: a key that was there before"                                                        },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {.msg = ""};
        CLEANUP(json_freep)
        struct json *j = parse(rows[i].text, &err);

        if (j)
            fail_msg("taken: %s", rows[i].text);
        assert_int_equal(err.kind, ERR_INVALID);
        assert_string_equal(err.msg, rows[i].want);
    }
}

static void a_NUL_in_the_text_is_no_end(void **state)
{
    static const char text[] = "{}\0x";
    struct error err;

    (void)state;
    assert_null(json_parse(text, sizeof(text) - 1, &err));
    assert_null(json_parse("\"\0\"", 3, &err));
}

/* The linker has lib/json call this (see areas/route.cmake), for the work to be counted.
 */
int real_strcmp(const char *a, const char *b) __asm__("__real_strcmp");
int counted_strcmp(const char *a, const char *b) __asm__("__wrap_strcmp");

static size_t compared, compared_max = SIZE_MAX;

int counted_strcmp(const char *a, const char *b)
{
    if (++compared > compared_max) {
        compared_max = SIZE_MAX; /* not of the tests behind this one */
        fail_msg("%zu comparisons of keys", compared);
    }
    return real_strcmp(a, b);
}

/* As wide as a request to a model server may be by default. Each of its keys may be
 * compared with a few others, wherever its repeats are, and not with all. */
static void a_repeated_key_is_found_among_many_with_little_work(void **state)
{
    enum { WIDE = 100000, EACH = 64 };
    static const struct {
        int keys[3];
        const char *want;
    } rows[] = {
        {{WIDE - 1, 1, 1},       "line 100001, column 1: a key that was there before"},
        {{WIDE, 77, WIDE - 1},   "line 100002, column 1: a key that was there before"},
        {{WIDE, WIDE + 1, WIDE}, "line 100003, column 1: a key that was there before"},
        {{WIDE, WIDE + 1, 0},    "line 100003, column 1: a key that was there before"},
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(4 << 20);
        struct error err;

        buf_puts(&text, "{");
        for (int i = 0; i < WIDE; i++)
            buf_printf(&text, "\"k%d\":0,\n", i);
        for (size_t i = 0; i < ARRAY_LEN(rows[r].keys); i++)
            buf_printf(&text, "\"k%d\":0,\n", rows[r].keys[i]);
        buf_puts(&text, "\"end\":{}}");
        compared = 0;
        compared_max = (size_t)WIDE * EACH;
        assert_null(json_parse(buf_str(&text), text.len, &err));
        compared_max = SIZE_MAX;
        assert_true(compared >= WIDE); /* they are counted */
        assert_string_equal(err.msg, rows[r].want);
    }
}

static void nesting_has_a_bound(void **state)
{
    char text[300];

    (void)state;
    for (int depth = 100; depth <= 101; depth++) {
        struct error err;
        struct json *j;

        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        j = json_parse(text, 2 * (size_t)depth, &err);
        assert_int_equal(j != NULL, depth == 100);
        json_free(j);
    }
}

static void absent_values_have_no_type_and_give_the_alternative(void **state)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *j =
        parse("{\"s\":\"x\",\"n\":2,\"b\":true,\"o\":{\"p\":[7]},\"z\":null}", &err);

    (void)state;
    assert_string_equal(json_string(json_get(j, "s"), "-"), "x");
    assert_string_equal(json_string(json_get(j, "n"), "-"), "-");
    assert_string_equal(json_string(json_get(j, "S"), "-"), "-");
    assert_true(json_number(json_get(j, "n"), 5) == 2);
    assert_true(json_number(json_get(j, "s"), 5) == 5);
    assert_true(json_bool(json_get(j, "b"), false));
    assert_true(json_bool(NULL, true));
    assert_true(json_is(json_get(j, "z"), JSON_NULL));
    assert_false(json_is(json_get(j, "none"), JSON_NULL));
    assert_int_equal(json_type(NULL), JSON_NULL);
    assert_int_equal(json_count(j), 5);
    assert_int_equal(json_count(NULL), 0);
    assert_true(json_number(json_first(json_path(j, "o", "p", NULL)), 0) == 7);
    assert_null(json_path(j, "o", "q", "r", NULL));
    assert_null(json_get(json_path(j, "o", "p", NULL), "p"));
    assert_string_equal(json_key(json_first(j)), "s");
    assert_string_equal(json_key(NULL), "");
}

static void trees_are_built_and_changed(void **state)
{
    CLEANUP(json_freep)
    struct json *j = json_new_object();
    CLEANUP(json_freep)
    struct json *copy = NULL;
    CLEANUP(mem_freep)
    char *text = NULL;
    CLEANUP(mem_freep)
    char *pretty = NULL;
    struct json *list = json_new_array();

    (void)state;
    json_put_string(j, "a", "1");
    json_put_number(j, "nan", NAN);
    json_put(j, "list", list);
    json_push(list, json_new_number(0.25));
    json_push(list, json_new_null());
    json_put_bool(j, "gone", true);
    copy = json_copy(j);
    json_put_number(j, "a", 3); /* keeps its place */
    json_remove(j, "gone");
    json_remove(j, "never there");
    text = written(j, json_write);
    assert_string_equal(text, "{\"a\":3,\"nan\":null,\"list\":[0.25,null]}");
    pretty = written(j, json_write_pretty);
    assert_string_equal(pretty, "{\n  \"a\": 3,\n  \"nan\": null,\n  \"list\": [\n"
                                "    0.25,\n    null\n  ]\n}");
    assert_string_equal(json_string(json_get(copy, "a"), ""), "1");
    assert_true(json_bool(json_get(copy, "gone"), false));
}

static void ill_formed_text_is_repaired_when_written(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"plain",              "\"plain\""                               },
        {"a\xff"
         "b",         "\"a\xef\xbf\xbd"
         "b\""                                     },
        {"\xc3",               "\"\xef\xbf\xbd\""                        },
        {"\xed\xa0\x80",       "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x82\xac\"\x7f", "\"\xe2\x82\xac\\\"\\u007f\""             },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf out = BUF_INIT(100);
        CLEANUP(json_freep)
        struct json *j = NULL;
        struct error err;

        json_add_string(&out, rows[i].text);
        assert_string_equal(buf_str(&out), rows[i].want);
        j = json_parse(buf_str(&out), out.len, &err);
        assert_non_null(j);
    }
}

/* Random trees: what is written reads back as the same text. */
static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static struct json *random_tree(uint32_t *seed, int depth)
{
    static const char alphabet[] = "ab\"\\\n\x01\xc3\xa9 {}";
    struct json *j;
    char text[8] = "";

    switch (random_next(seed) % (depth ? 6 : 4)) {
    case 0:
        return json_new_number((double)random_next(seed) / 977 - 8000);
    case 1:
        return json_new_bool(random_next(seed) & 1);
    case 2:
        return json_new_null();
    case 3:
        for (uint32_t i = 0; i < random_next(seed) % sizeof(text) / 2; i++)
            text[i] = alphabet[random_next(seed) % (sizeof(alphabet) - 1)];
        return json_new_string(text);
    case 4:
        j = json_new_array();
        for (uint32_t n = random_next(seed) % 4; n; n--)
            json_push(j, random_tree(seed, depth - 1));
        return j;
    default:
        j = json_new_object();
        for (uint32_t n = random_next(seed) % 4; n; n--) {
            (void)snprintf(text, sizeof(text), "k%u", random_next(seed) % 9);
            json_put(j, text, random_tree(seed, depth - 1));
        }
        return j;
    }
}

static void random_trees_survive_the_round_trip(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        CLEANUP(json_freep)
        struct json *j = random_tree(&seed, 5);
        CLEANUP(mem_freep)
        char *text = written(j, i & 1 ? json_write : json_write_pretty);
        struct error err;
        CLEANUP(json_freep)
        struct json *back = parse(text, &err);
        CLEANUP(mem_freep)
        char *again = NULL;

        if (!back)
            fail_msg("%s: %s", err.msg, text);
        again = written(back, i & 1 ? json_write : json_write_pretty);
        assert_string_equal(text, again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_read_and_write_back),
        cmocka_unit_test(bad_texts_are_refused_with_their_place),
        cmocka_unit_test(a_NUL_in_the_text_is_no_end),
        cmocka_unit_test(a_repeated_key_is_found_among_many_with_little_work),
        cmocka_unit_test(nesting_has_a_bound),
        cmocka_unit_test(absent_values_have_no_type_and_give_the_alternative),
        cmocka_unit_test(trees_are_built_and_changed),
        cmocka_unit_test(ill_formed_text_is_repaired_when_written),
        cmocka_unit_test(random_trees_survive_the_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/yaml.h"
#include "json/yaml_write.h"

static struct json *parse(const char *text, struct error *err)
{
    return yaml_parse_one(text, strlen(text), err);
}

static void documents_become_trees(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"",                                                   "null"                                     },
        {"# nothing\n",                                        "null"                                     },
        {"---\n...\n",                                         "null"                                     },
        {"a: b",                                               "{\"a\":\"b\"}"                            },
        {"{a: [1, two, {c: }]}",                               "{\"a\":[1,\"two\",{\"c\":null}]}"         },
        {"- no\n- on\n- yes\n- y",                             "[\"no\",\"on\",\"yes\",\"y\"]"            },
        {"[true, False, NULL, ~, null]",                       "[true,false,null,null,null]"              },
        {"[tRue, nULL]",                                       "[\"tRue\",\"nULL\"]"                      },
        {"[012, 0o12, 0x1F, +7, -0.5, 1e3, .5, 5.]",           "[12,10,31,7,-0.5,1000,0.5,5]"             },
        {"[1_000, 0b1, 1e, 12:30:45, 0x, -, .]",
         "[\"1_000\",\"0b1\",\"1e\",\"12:30:45\",\"0x\",\"-\",\".\"]"                                     },
        {"['12', \"true\", !!str 7, ! null]",                  "[\"12\",\"true\",\"7\",\"null\"]"         },
        {"[!!int '7', !!float 2, !!bool \"true\", !!null '']", "[7,2,true,null]"                          },
        {"a: |\n  x\n  y\nb: >\n  x\n  y\n",                   "{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\"}"    },
        {"a: &x {k: 1}\nb: *x\nc: [*x]",                       "{\"a\":{\"k\":1},\"b\":{\"k\":1},"
                                         "\"c\":[{\"k\":1}]}"     },
        {"a: &x 1\nb: &x 2\nc: *x",                            "{\"a\":1,\"b\":2,\"c\":2}"                },
        {"12: a\ntrue: b\n~: c",                               "{\"12\":\"a\",\"true\":\"b\",\"~\":\"c\"}"},
        {"%YAML 1.2\n---\nx",                                  "\"x\""                                    },
        {"\xef\xbb\xbf"
         "a: 1",                                      "{\"a\":1}"                                },
        {"\"<<\": 1",                                          "{\"<<\":1}"                               },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        CLEANUP(json_freep)
        struct json *j = parse(rows[i].yaml, &err);
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(1 << 20);

        if (!j)
            fail_msg("%s: %s", rows[i].yaml, err.msg);
        json_write(j, &text);
        assert_string_equal(buf_str(&text), rows[i].json);
    }
}

static void bad_documents_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"a: 1\nb: 2\na: 3",       "line 3, column 1: the key \"a\" was there before"             },
        {"a: {x: 1, x: 2}",        "line 1, column 11: the key \"x\" was there before"            },
        {"a: *b",                  "line 1, column 4: unknown anchor"                             },
        {"a: &x [1, *x]",          "line 1, column 11: an alias inside of what it stands for"     },
        {"? [1, 2]\n: 3",          "line 1, column 3: a key must be a plain word or a string"     },
        {"&k a: 1",                "line 1, column 1: an anchor on a key is not supported"        },
        {"a: &x {}\nb:\n  <<: *x",
         "line 3, column 3: merge keys are not part of YAML 1.2"                                  },
        {"a: .inf",                "line 1, column 4: .inf is no number for us"                   },
        {"a: 1e999",               "line 1, column 4: the number 1e999 is too large"              },
        {"a: !!int x",             "line 1, column 4: \"x\" is no number"                         },
        {"a: !mine x",             "line 1, column 4: the tag !mine is not supported"             },
        {"a: !mine {}",            "line 1, column 4: the tag !mine is not supported"             },
        {"a: \"x\\0y\"",           "line 1, column 4: a string may not hold a NUL"                },
        {"--- 1\n--- 2",           "more than one document"                                       },
        {"a: [1, 2",               "line 2, column 1: did not find expected ',' or ']'"           },
        {"a:\n\tb: 1",             "line 2, column 1: found character that cannot start any token"},
        {"a: b: c",                "line 1, column 5: mapping values are not allowed in this "
                    "context"                                                  },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {.msg = ""};
        CLEANUP(json_freep)
        struct json *j = parse(rows[i].yaml, &err);

        if (j)
            fail_msg("taken: %s", rows[i].yaml);
        assert_int_equal(err.kind, ERR_INVALID);
        assert_string_equal(err.msg, rows[i].want);
    }
}

static bool count_document(void *arg, struct json *document, struct error *err)
{
    int *count = arg;

    json_free(document);
    if (++*count == 3)
        return error_set(err, ERR_CANCELED, "enough");
    return true;
}

static void documents_are_told_one_by_one_until_one_says_stop(void **state)
{
    struct error err;
    int count = 0;

    (void)state;
    assert_true(yaml_parse("a: 1\n---\nb: 2\n", 14, count_document, &count, &err));
    assert_int_equal(count, 2);
    assert_false(yaml_parse("--- x\n--- y\n", 12, count_document, &count, &err));
    assert_int_equal(err.kind, ERR_CANCELED);
    assert_int_equal(count, 3);
}

/* Nine lines that would be a thousand million values. */
static void aliases_do_not_explode(void **state)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 16);
    struct error err;

    (void)state;
    buf_puts(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i <= 9; i++) {
        buf_printf(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buf_printf(&text, "%s*a%d", k ? "," : "", i - 1);
        buf_puts(&text, "]\n");
    }
    assert_null(yaml_parse_one(buf_str(&text), text.len, &err));
    assert_non_null(strstr(err.msg, "more than 200000 values"));
}

/* Each line nests the one before: flat to read, deep once written out. */
static void aliases_do_not_nest_without_end(void **state)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 16);
    struct error err;

    (void)state;
    buf_puts(&text, "a0: &a0 []\n");
    for (int i = 1; i <= 200; i++)
        buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    assert_null(yaml_parse_one(buf_str(&text), text.len, &err));
    assert_non_null(strstr(err.msg, "nested more than 100 deep"));
}

static void trees_are_written_to_be_read(void **state)
{
    static const struct {
        const char *json, *yaml;
    } rows[] = {
        {"null",                                   "null\n"                               },
        {"{}",                                     "{}\n"                                 },
        {"{\"a\":[],\"b\":{},\"c\":\"\"}",         "a: []\nb: {}\nc: \"\"\n"              },
        {"[1,\"no\",\"x y\",\"a.b/c-d\"]",         "- 1\n- \"no\"\n- \"x y\"\n- a.b/c-d\n"},
        {"[[1,2],{\"a\":1,\"b\":[3]}]",            "- - 1\n  - 2\n- a: 1\n  b:\n  - 3\n"  },
        {"{\"a\":{\"y\":[{\"k\":\"1\"}]}}",        "a:\n  \"y\":\n  - k: \"1\"\n"         },
        {"{\"a\":[[{\"b\":true,\"c\":\"\\n\"}]]}", "a:\n- - b: true\n    c: \"\\n\"\n"    },
        {"[\"\\u0085\\u2028\\ufeff\\u007f\"]",     "- \"\\u0085\\u2028\\ufeff\\u007f\"\n" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf yaml = BUF_INIT(1 << 16);
        CLEANUP(buf_clear)
        struct buf json = BUF_INIT(1 << 16);
        struct error err;
        CLEANUP(json_freep)
        struct json *j = json_parse(rows[i].json, strlen(rows[i].json), &err);
        CLEANUP(json_freep)
        struct json *back = NULL;

        assert_non_null(j);
        yaml_write(j, &yaml);
        assert_string_equal(buf_str(&yaml), rows[i].yaml);
        back = parse(buf_str(&yaml), &err);
        assert_non_null(back);
        json_write(back, &json);
        assert_string_equal(buf_str(&json), rows[i].json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_trees),
        cmocka_unit_test(bad_documents_are_refused_with_their_place),
        cmocka_unit_test(documents_are_told_one_by_one_until_one_says_stop),
        cmocka_unit_test(aliases_do_not_explode),
        cmocka_unit_test(aliases_do_not_nest_without_end),
        cmocka_unit_test(trees_are_written_to_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

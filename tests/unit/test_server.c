/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base64url.h"
#include "server/faults.h"
#include "server/feedback_seen.h"
#include "server/predict_answer.h"
#include "server/predict_request.h"
#include "server/prediction_id.h"
#include "server/quick_read.h"
#include "server/stamp.h"

static const struct identity somebody = {"digits", "svm", "digits", "1.2.0"};

static void base64url_follows_the_rfc(void **state)
{
    static const struct {
        const char *bytes;
        const char *text;
    } rows[] = {
        {"f",        "Zg"      },
        {"fo",       "Zm8"     },
        {"foo",      "Zm9v"    },
        {"foob",     "Zm9vYg"  },
        {"fooba",    "Zm9vYmE" },
        {"foobar",   "Zm9vYmFy"},
        {"\xfb\xff", "-_8"     },
    };
    static const char *const bad[] = {"", "A", "Zg==", "Zh", "Zm9", "Zm 8", "Zm9v*"};
    uint8_t back[16];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = strlen(rows[i].bytes);
        char text[16] = "";

        assert_int_equal(base64url_encode((const uint8_t *)rows[i].bytes, n, text),
                         base64url_length(n));
        assert_string_equal(text, rows[i].text);
        assert_int_equal(base64url_decode(text, strlen(text), back, sizeof(back)), n);
        assert_memory_equal(back, rows[i].bytes, n);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (base64url_decode(bad[i], strlen(bad[i]), back, sizeof(back)))
            fail_msg("%s", bad[i]);
    assert_int_equal(base64url_decode("Zm9vYmFy", 8, back, 5), 0);
}

static void an_id_brings_back_what_was_signed(void **state)
{
    CLEANUP(signer_freep)
    struct signer *here = signer_new("sixteen bytes ok", 16);
    CLEANUP(signer_freep)
    struct signer *replica = signer_new("sixteen bytes ok", 16);
    char first[ID_TEXT_MAX];
    char text[ID_TEXT_MAX];
    size_t len;
    struct id_stem stem;
    struct prediction_id id;
    struct error err;

    (void)state;
    id_stem_init(&stem, &somebody, "7");
    len = prediction_id_write(here, &stem, 1795253400125, 41, first);
    assert_int_equal(len, strlen(first));
    assert_int_equal(len, prediction_id_length(&stem));
    id_stem_init(&stem, &somebody, "");
    (void)prediction_id_write(here, &stem, INT64_MAX, UINT64_MAX, text);
    assert_true(prediction_id_read(replica, text, &id, &err));
    assert_string_equal(id.class_name, "");
    assert_true(id.issued_ms == INT64_MAX && id.unique == UINT64_MAX);
    assert_true(prediction_id_read(replica, first, &id, &err));
    assert_string_equal(id.route, "digits");
    assert_string_equal(id.arm, "svm");
    assert_string_equal(id.model, "digits");
    assert_string_equal(id.version, "1.2.0");
    assert_string_equal(id.class_name, "7");
    assert_true(id.issued_ms == 1795253400125 && id.unique == 41);
}

static void the_largest_names_fit_an_id(void **state)
{
    CLEANUP(signer_freep)
    struct signer *s = signer_new("sixteen bytes ok", 16);
    char name[ID_NAME_MAX + 1];
    char class_name[ID_CLASS_MAX + 1];
    char text[ID_TEXT_MAX];
    struct id_stem stem;
    struct prediction_id id;
    struct error err;

    (void)state;
    memset(name, 'n', ID_NAME_MAX);
    memset(class_name, 'c', ID_CLASS_MAX);
    name[ID_NAME_MAX] = class_name[ID_CLASS_MAX] = '\0';
    id_stem_init(&stem, &(struct identity){name, name, name, name}, class_name);
    (void)prediction_id_write(s, &stem, 1, 2, text);
    assert_true(prediction_id_read(s, text, &id, &err));
    assert_string_equal(id.version, name);
    assert_string_equal(id.class_name, class_name);
}

static void an_id_of_another_hand_is_refused(void **state)
{
    CLEANUP(signer_freep)
    struct signer *us = signer_new("sixteen bytes ok", 16);
    CLEANUP(signer_freep)
    struct signer *them = signer_new("sixteen bytes no", 16);
    static const char *const never[] = {"", "AAAA", "not base64!", "AQ"};
    char text[ID_TEXT_MAX];
    char longer[ID_TEXT_MAX + 64];
    struct id_stem stem;
    struct prediction_id id;
    struct error err;

    (void)state;
    id_stem_init(&stem, &somebody, "7");
    (void)prediction_id_write(them, &stem, 1, 2, text);
    assert_false(prediction_id_read(us, text, &id, &err));
    assert_int_equal(err.kind, ERR_INVALID);
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        assert_false(prediction_id_read(us, never[i], &id, &err));

    (void)prediction_id_write(us, &stem, 1, 2, text);
    for (size_t i = 0; text[i]; i++) { /* every bit is signed */
        char kept = text[i];

        text[i] = kept == 'A' ? 'B' : 'A';
        if (prediction_id_read(us, text, &id, &err))
            fail_msg("a change at %zu went through", i);
        text[i] = kept;
    }
    memset(longer, 'A', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_false(prediction_id_read(us, longer, &id, &err));
    text[strlen(text) - 1] = '\0';
    assert_false(prediction_id_read(us, text, &id, &err));
}

static void feedback_counts_once_and_in_time(void **state)
{
    CLEANUP(feedback_seen_freep)
    struct feedback_seen *s = feedback_seen_new(8, 1000);

    (void)state;
    assert_int_equal(feedback_seen_add(s, 1, 5000, 5100), SEEN_FIRST);
    assert_int_equal(feedback_seen_add(s, 1, 5000, 5200), SEEN_REPEATED);
    assert_int_equal(feedback_seen_add(s, 2, 5000, 6000), SEEN_FIRST);
    assert_int_equal(feedback_seen_add(s, 3, 5000, 6001), SEEN_EXPIRED);
    assert_int_equal(feedback_seen_add(s, 4, 9000, 6001), SEEN_FIRST); /* a fast clock */
}

static void a_full_set_rather_refuses_than_counts_twice(void **state)
{
    enum { CAPACITY = 64, MANY = 10000 };
    CLEANUP(feedback_seen_freep)
    struct feedback_seen *s = feedback_seen_new(CAPACITY, 1 << 30);

    (void)state;
    for (int i = 0; i < MANY; i++) {
        uint64_t unique = (uint64_t)i * 64; /* all in one bucket */

        assert_int_equal(feedback_seen_add(s, unique, i, i), SEEN_FIRST);
        assert_int_equal(feedback_seen_add(s, unique, i, i), SEEN_REPEATED);
    }
    for (int i = 0; i < MANY; i++) {
        enum seen want = i < MANY - CAPACITY ? SEEN_EXPIRED : SEEN_REPEATED;

        if (feedback_seen_add(s, (uint64_t)i * 64, i, MANY) != want)
            fail_msg("%d", i);
    }
}

struct crowd {
    struct feedback_seen *seen;
    int taken;
};

static void *give_all_feedback(void *arg)
{
    struct crowd *c = arg;

    for (uint64_t i = 0; i < 2000; i++)
        c->taken += feedback_seen_add(c->seen, i, 1, 1) == SEEN_FIRST;
    return NULL;
}

static void of_two_threads_one_gives_the_feedback(void **state)
{
    CLEANUP(feedback_seen_freep)
    struct feedback_seen *s = feedback_seen_new(4096, 1000);
    struct crowd crowds[2] = {
        {s, 0},
        {s, 0}
    };
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, give_all_feedback, &crowds[i]),
                         0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(crowds[0].taken + crowds[1].taken, 2000);
}

static void requests_are_read_or_refused_for_the_right_reason(void **state)
{
    enum { OK = ERROR_TYPES };
    static const struct {
        const char *text;
        int want;
        size_t rows;
        bool quick; /* the quick reader takes it */
    } table[] = {
        {"{\"features\":[1,2]}",                       OK,                1, true },
        {" { \"features\" : [ -1.5e2 ,\t0.25 ] }\r\n", OK,                1, true },
        {"{\"features\":[1,0.30000000000000004]}",     OK,                1, true },
        {"{\"features\":[1e-400,-0]}",                 OK,                1, true },
        {"{\"features\":[1,2],\"user\":\"x\"}",        OK,                1, false},
        {"{\"user\":[],\"features\":[1,2]}",           OK,                1, false},
        {"{\"instances\":[[1,2],[3,4]]}",              OK,                2, false},
        {"{\"features\":[1]}",                         ERROR_WRONG_WIDTH, 0, false},
        {"{\"features\":[1,2,3]}",                     ERROR_WRONG_WIDTH, 0, false},
        {"{\"features\":[]}",                          ERROR_WRONG_WIDTH, 0, false},
        {"{\"instances\":[[1,2],[3]]}",                ERROR_WRONG_WIDTH, 0, false},
        {"{\"features\":[1,1e39]}",                    ERROR_NOT_FINITE,  0, false},
        {"{\"features\":[1,-1e400]}",                  ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,NaN]}",                     ERROR_NOT_FINITE,  0, false},
        {"{\"features\":[1,-Infinity]}",               ERROR_NOT_FINITE,  0, false},
        {"{\"features\":[1,\"2\"]}",                   ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,null]}",                    ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,true]}",                    ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,01]}",                      ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,2.]}",                      ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,+2]}",                      ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,0x2]}",                     ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,2]}x",                      ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,2],\"features\":[1,2]}",    ERROR_BAD_JSON,    0, false},
        {"{\"features\":[1,2],\"instances\":[[1,2]]}", ERROR_BAD_JSON,    0, false},
        {"{\"features\":1}",                           ERROR_BAD_JSON,    0, false},
        {"{\"instances\":[]}",                         ERROR_BAD_JSON,    0, false},
        {"{\"instances\":[1]}",                        ERROR_BAD_JSON,    0, false},
        {"{}",                                         ERROR_BAD_JSON,    0, false},
        {"[1,2]",                                      ERROR_BAD_JSON,    0, false},
        {"",                                           ERROR_BAD_JSON,    0, false},
        {"{\"instances\":[[1,2],[1,2],[1,2],[1,2]]}",  ERROR_TOO_LARGE,   0, false},
    };
    CLEANUP(rows_clear)
    struct rows rows;

    (void)state;
    rows_init(&rows, 2, 3);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const char *text = table[i].text;
        struct refusal why = {.type = ERROR_INTERNAL};
        bool batch = false;

        if (quick_read(text, strlen(text), &rows) != table[i].quick)
            fail_msg("quick: %s", text);
        if (predict_request_read(text, strlen(text), &rows, &batch, &why)
                ? table[i].want != OK || rows.count != table[i].rows ||
                      batch != (strstr(text, "instances") != NULL)
                : (int)why.type != table[i].want)
            fail_msg("careful: %s", text);
    }
}

static void a_quickly_read_number_is_the_one_strtod_gives(void **state)
{
    CLEANUP(rows_clear)
    struct rows rows;
    uint64_t seed = 88172645463325252ULL;

    (void)state;
    rows_init(&rows, 1, 1);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        char number[40];
        float f;
        uint32_t bits;

        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bits = (uint32_t)seed;
        memcpy(&f, &bits, sizeof(f));
        if (!isfinite(f))
            continue;
        (void)snprintf(number, sizeof(number), "%.*g", 1 + (int)(seed >> 40) % 17,
                       (double)f);
        (void)snprintf(text, sizeof(text), "{\"features\":[%s]}", number);
        if (!rows_holds(strtod(number, NULL)))
            continue; /* rounded up past the largest */
        assert_true(quick_read(text, strlen(text), &rows));
        if (rows.values[0] != (float)strtod(number, NULL))
            fail_msg("%s became %a", number, (double)rows.values[0]);
    }
}

static void probabilities_are_written_short_and_true(void **state)
{
    static const struct {
        float p;
        const char *text;
    } rows[] = {
        {0.0F,          "0"        },
        {1.0F,          "1"        },
        {0.5F,          "0.5"      },
        {0.1F,          "0.1"      },
        {0.0000001F,    "0.0000001"},
        {0.00000001F,   "0"        },
        {0.99999994F,   "0.9999999"},
        {0.3333333433F, "0.3333333"},
        {-2.5F,         "-2.5"     },
        {3.0F,          "3"        },
        {INFINITY,      "null"     },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[PROBABILITY_TEXT_MAX];

        *answer_probability(text, rows[i].p) = '\0';
        assert_string_equal(text, rows[i].text);
    }
}

static void times_are_written_to_the_microsecond(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {0,                      ",\"processing_time_ms\":0"      },
        {999,                    ",\"processing_time_ms\":0"      },
        {21000,                  ",\"processing_time_ms\":0.021"  },
        {20000,                  ",\"processing_time_ms\":0.02"   },
        {200 * 1000000LL + 5000, ",\"processing_time_ms\":200.005"},
        {-5,                     ",\"processing_time_ms\":0"      },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];

        *answer_time(text, rows[i].ns) = '\0';
        assert_string_equal(text, rows[i].text);
    }
}

static void a_stamp_says_the_time_of_the_wall(void **state)
{
    struct stamp s = {.valid_to_ns = 0};
    int64_t before = clock_wall_ms();
    int64_t stamped = stamp_wall_ms(&s, clock_mono_ns());
    int64_t after = clock_wall_ms();

    (void)state;
    assert_true(before - 50 <= stamped && stamped <= after + 50);
    assert_string_equal(stamp_text(&s, 1795253400125), "2026-11-21T09:30:00.125Z");
    assert_string_equal(stamp_text(&s, 1795253400000), "2026-11-21T09:30:00.000Z");
    assert_string_equal(stamp_text(&s, 1795253401009), "2026-11-21T09:30:01.009Z");
    assert_int_equal(strlen(s.text), STAMP_LENGTH);
}

static void faults_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        const char *back; /* NULL: refused */
    } rows[] = {
        {"{\"latency_ms\":200,\"error_ratio\":0.5,\"wrong_ratio\":1}",
         "{\"latency_ms\":200,\"error_ratio\":0.5,\"wrong_ratio\":1}"                                                          },
        {"{}",                                                         "{\"latency_ms\":0,\"error_ratio\":0,\"wrong_ratio\":0}"},
        {"{\"error_ratio\":1.01}",                                     NULL                                                    },
        {"{\"error_ratio\":-0.1}",                                     NULL                                                    },
        {"{\"error_ratio\":\"1\"}",                                    NULL                                                    },
        {"{\"latency_ms\":60001}",                                     NULL                                                    },
        {"{\"latency\":1}",                                            NULL                                                    },
        {"[]",                                                         NULL                                                    },
        {"",                                                           NULL                                                    },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf back = BUF_INIT(256);
        struct fault_settings f;
        struct error err;
        bool ok = faults_parse(rows[i].text, strlen(rows[i].text), &f, &err);

        if (ok != (rows[i].back != NULL))
            fail_msg("%s", rows[i].text);
        if (ok) {
            faults_write(&f, &back);
            assert_string_equal(buf_str(&back), rows[i].back);
        }
    }
}

static void a_wrong_answer_agrees_with_itself(void **state)
{
    float p[] = {0.1F, 0.2F, 0.7F};
    size_t predicted = 2;

    (void)state;
    faults_make_wrong(p, ARRAY_LEN(p), &predicted);
    assert_int_equal(predicted, 0);
    assert_true(p[0] == 0.7F && p[1] == 0.1F && p[2] == 0.2F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64url_follows_the_rfc),
        cmocka_unit_test(an_id_brings_back_what_was_signed),
        cmocka_unit_test(the_largest_names_fit_an_id),
        cmocka_unit_test(an_id_of_another_hand_is_refused),
        cmocka_unit_test(feedback_counts_once_and_in_time),
        cmocka_unit_test(a_full_set_rather_refuses_than_counts_twice),
        cmocka_unit_test(of_two_threads_one_gives_the_feedback),
        cmocka_unit_test(requests_are_read_or_refused_for_the_right_reason),
        cmocka_unit_test(a_quickly_read_number_is_the_one_strtod_gives),
        cmocka_unit_test(probabilities_are_written_short_and_true),
        cmocka_unit_test(times_are_written_to_the_microsecond),
        cmocka_unit_test(a_stamp_says_the_time_of_the_wall),
        cmocka_unit_test(faults_are_read_strictly),
        cmocka_unit_test(a_wrong_answer_agrees_with_itself),
    };

    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}

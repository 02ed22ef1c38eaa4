/* SPDX-License-Identifier: Apache-2.0 */
/* predict_answer.h - predictions as JSON, written straight into the answer's memory.
 *
 * The caller has made room (see served.row_text_max); each function returns where the
 * next byte goes.
 */
#ifndef SERVER_PREDICT_ANSWER_H
#define SERVER_PREDICT_ANSWER_H

#include <stddef.h>

#include "base/number.h"
#include "server/served.h"

enum {
    PROBABILITY_TEXT_MAX = NUMBER_MAX,
    ROW_TEXT_MORE = 160, /* of a row: braces, member names, confidence, time, timestamp */
};

/* Seven decimals, zeros at the end left out: that is what a float tells apart near one.
 * A score outside [0, 1], as some models give, is written in full. */
char *answer_probability(char *at, float p);

/* "prediction":0,"class":"setosa","probabilities":{"setosa":1,...},"confidence":1 */
char *answer_row(char *at, const struct served *s, const float *probabilities,
                 size_t predicted);

/* ,"processing_time_ms":0.021 */
char *answer_time(char *at, int64_t ns);

char *answer_text(char *at, const char *text, size_t n);

/* answer_text() of a literal. */
#define ANSWER_LITERAL(at, text) answer_text((at), (text), sizeof(text) - 1)

#endif

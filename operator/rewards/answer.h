/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - one answer of Prometheus' query API, read piece by piece into a table.
 *
 * Nothing is taken on trust: what is not a successful instant vector without warnings is
 * a reason to hold, each with a word of its own.
 */
#ifndef REWARDS_ANSWER_H
#define REWARDS_ANSWER_H

#include "rewards/json_stream.h"
#include "rewards/table.h"

enum {
    ANSWER_BYTES_MAX = 256 << 20, /* nobody's fleet; a runaway server's answer */
    ANSWER_WORDS_MAX = 120,       /* of what Prometheus says about itself */
};

struct answer {
    struct json_stream json;
    struct rewards_table *table;
    enum rewards_query query;
    uint64_t bytes;
    bool malformed;
    struct error why; /* of malformed */

    /* Where in the document: for each open array or object, and the last key in it. */
    uint8_t places[JSON_STREAM_DEPTH_MAX + 1];
    uint8_t keys[JSON_STREAM_DEPTH_MAX + 1];
    uint32_t keys_seen[JSON_STREAM_DEPTH_MAX + 1];
    unsigned depth;

    /* Of the series being read. */
    char labels[4][ROUTE_NAME_MAX];
    unsigned value_parts;
    double value;

    /* Of the whole. */
    bool success, is_vector, has_result;
    size_t warnings;
    char warning[ANSWER_WORDS_MAX];
    char error[ANSWER_WORDS_MAX];
};

void answer_init(struct answer *a, struct rewards_table *table, enum rewards_query query);
void answer_clear(struct answer *a);

/* Takes everything, also behind a fault, so that the status is always learned; false only
 * past ANSWER_BYTES_MAX. */
bool answer_feed(struct answer *a, const char *bytes, size_t n);

enum { ANSWER_DETAIL_MAX = 160 };

/* What the whole came to, given the HTTP status; REASON_NONE: the table has it all. */
enum reason answer_reason(const struct answer *a, int status,
                          char detail[ANSWER_DETAIL_MAX]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "rewards/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The parts of an answer that matter:
 *
 *   {"status": ..., "errorType": ..., "error": ..., "warnings": [...],
 *    "data": {"resultType": ..., "result": [{"metric": {...}, "value": [time, "1"]}]}}
 */
enum place { OUTSIDE, ROOT, DATA, RESULT, SERIES, METRIC, VALUE, WARNINGS, ELSEWHERE };

enum key {
    KEY_OTHER,
    KEY_STATUS,
    KEY_ERROR,
    KEY_WARNINGS,
    KEY_DATA,
    KEY_RESULT_TYPE,
    KEY_RESULT,
    KEY_METRIC,
    KEY_VALUE,
    KEY_NAMESPACE, /* from here on in the order of answer.labels */
    KEY_ROUTE,
    KEY_ARM,
    KEY_OBJECTIVE,
};

static const struct {
    const char *text;
    enum place place;
    enum key key;
} keys[] = {
    {"status",     ROOT,   KEY_STATUS     },
    {"error",      ROOT,   KEY_ERROR      },
    {"warnings",   ROOT,   KEY_WARNINGS   },
    {"data",       ROOT,   KEY_DATA       },
    {"resultType", DATA,   KEY_RESULT_TYPE},
    {"result",     DATA,   KEY_RESULT     },
    {"metric",     SERIES, KEY_METRIC     },
    {"value",      SERIES, KEY_VALUE      },
    {"namespace",  METRIC, KEY_NAMESPACE  },
    {"route",      METRIC, KEY_ROUTE      },
    {"arm",        METRIC, KEY_ARM        },
    {"objective",  METRIC, KEY_OBJECTIVE  },
};

/* Arrays and objects that matter: which opens where, under which key. */
static const struct {
    enum place parent;
    enum key key;
    enum json_token token;
    enum place place;
} nesting[] = {
    {OUTSIDE, KEY_OTHER,    JSON_TOKEN_OBJECT, ROOT    },
    {ROOT,    KEY_DATA,     JSON_TOKEN_OBJECT, DATA    },
    {ROOT,    KEY_WARNINGS, JSON_TOKEN_ARRAY,  WARNINGS},
    {DATA,    KEY_RESULT,   JSON_TOKEN_ARRAY,  RESULT  },
    {RESULT,  KEY_OTHER,    JSON_TOKEN_OBJECT, SERIES  },
    {SERIES,  KEY_METRIC,   JSON_TOKEN_OBJECT, METRIC  },
    {SERIES,  KEY_VALUE,    JSON_TOKEN_ARRAY,  VALUE   },
};

static bool wrong(const char *what, struct error *err)
{
    return error_set(err, ERR_INVALID, "%s", what);
}

/* ---- places --------------------------------------------------------------------------
 */

static bool enter(struct answer *a, enum json_token token, struct error *err)
{
    enum place parent = (enum place)a->places[a->depth], place = ELSEWHERE;

    for (size_t i = 0; i < ARRAY_LEN(nesting); i++)
        if (nesting[i].parent == parent && nesting[i].key == a->keys[a->depth] &&
            nesting[i].token == token)
            place = nesting[i].place;
    if (place == ELSEWHERE &&
        (parent == OUTSIDE || parent == RESULT || parent == METRIC || parent == VALUE ||
         a->keys[a->depth] != KEY_OTHER))
        return wrong("not the shape of an answer", err);
    a->depth++;
    a->places[a->depth] = (uint8_t)place;
    a->keys[a->depth] = KEY_OTHER;
    a->keys_seen[a->depth] = 0;
    a->has_result |= place == RESULT;
    if (place == SERIES) {
        memset(a->labels, 0, sizeof(a->labels));
        a->value_parts = 0;
    }
    return true;
}

static bool end_series(struct answer *a, struct error *err)
{
    const struct series_labels labels = {a->labels[0], a->labels[1], a->labels[2],
                                         a->labels[3]};

    if (a->value_parts != 2 || !(a->keys_seen[a->depth] & 1U << KEY_METRIC))
        return wrong("a series without its labels or value", err);
    return rewards_table_put(a->table, a->query, &labels, a->value, err);
}

static bool leave(struct answer *a, struct error *err)
{
    bool ok = a->places[a->depth] != SERIES || end_series(a, err);

    a->depth--;
    return ok;
}

/* ---- keys and scalars ----------------------------------------------------------------
 */

static bool take_key(struct answer *a, const char *text, struct error *err)
{
    enum key found = KEY_OTHER;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].place == (enum place)a->places[a->depth] &&
            keys[i].text[0] == text[0] && strcmp(keys[i].text, text) == 0)
            found = keys[i].key;
    a->keys[a->depth] = (uint8_t)found;
    if (found == KEY_OTHER)
        return true;
    if (a->keys_seen[a->depth] & 1U << found)
        return wrong("a key is there twice", err);
    a->keys_seen[a->depth] |= 1U << found;
    return true;
}

static void copy_words(char out[ANSWER_WORDS_MAX], const char *text)
{
    (void)snprintf(out, ANSWER_WORDS_MAX, "%s", text);
}

static void take_label(struct answer *a, const char *text, size_t len)
{
    char *label = a->labels[a->keys[a->depth] - KEY_NAMESPACE];

    if (len < ROUTE_NAME_MAX) /* a longer one is no name of ours */
        memcpy(label, text, len + 1);
}

static bool take_value(struct answer *a, enum json_token token, const char *text,
                       struct error *err)
{
    a->value_parts++;
    if (a->value_parts == 1) /* the time of the evaluation */
        return token == JSON_TOKEN_NUMBER || wrong("a time that is no number", err);
    if (a->value_parts > 2 || token != JSON_TOKEN_STRING)
        return wrong("a value that is no text", err);
    return text_to_double(text, &a->value, err);
}

static bool take_scalar(struct answer *a, enum json_token token, const char *text,
                        size_t len, struct error *err)
{
    enum place place = (enum place)a->places[a->depth];

    if (place == VALUE)
        return take_value(a, token, text, err);
    if (place == WARNINGS) {
        if (!a->warnings++)
            copy_words(a->warning, text);
        return true;
    }
    if (place == RESULT || place == OUTSIDE)
        return wrong("not the shape of an answer", err);
    if (a->keys[a->depth] == KEY_OTHER)
        return true;
    if (token == JSON_TOKEN_LITERAL && strcmp(text, "null") == 0 && place == ROOT)
        return true; /* as if it were not there */
    if (token != JSON_TOKEN_STRING)
        return wrong("a text was expected", err);
    switch ((enum key)a->keys[a->depth]) {
    case KEY_STATUS:
        a->success = strcmp(text, "success") == 0;
        return true;
    case KEY_ERROR:
        copy_words(a->error, text);
        return true;
    case KEY_RESULT_TYPE:
        a->is_vector = strcmp(text, "vector") == 0;
        return true;
    case KEY_NAMESPACE:
    case KEY_ROUTE:
    case KEY_ARM:
    case KEY_OBJECTIVE:
        take_label(a, text, len);
        return true;
    default:
        return wrong("not the shape of an answer", err);
    }
}

static bool take_token(void *arg, enum json_token token, const char *text, size_t len,
                       struct error *err)
{
    struct answer *a = arg;

    switch (token) {
    case JSON_TOKEN_OBJECT:
    case JSON_TOKEN_ARRAY:
        return enter(a, token, err);
    case JSON_TOKEN_OBJECT_END:
    case JSON_TOKEN_ARRAY_END:
        return leave(a, err);
    case JSON_TOKEN_KEY:
        return take_key(a, text, err);
    default:
        return take_scalar(a, token, text, len, err);
    }
}

/* ---- the whole -----------------------------------------------------------------------
 */

void answer_init(struct answer *a, struct rewards_table *table, enum rewards_query query)
{
    *a = (struct answer){.table = table, .query = query};
    json_stream_init(&a->json, take_token, a);
}

void answer_clear(struct answer *a)
{
    json_stream_clear(&a->json);
}

bool answer_feed(struct answer *a, const char *bytes, size_t n)
{
    a->bytes += n;
    if (!a->malformed && !json_stream_feed(&a->json, bytes, n, &a->why))
        a->malformed = true;
    return a->bytes <= ANSWER_BYTES_MAX;
}

static enum reason say(enum reason reason, char detail[ANSWER_DETAIL_MAX],
                       const char *what, const char *words)
{
    (void)snprintf(detail, ANSWER_DETAIL_MAX, "%s%s%.120s", what, *words ? ": " : "",
                   words);
    return reason;
}

enum reason answer_reason(const struct answer *a, int status,
                          char detail[ANSWER_DETAIL_MAX])
{
    char code[24];

    (void)snprintf(code, sizeof(code), "status %d", status);
    if (status >= 500 && status < 600)
        return say(REASON_PROMETHEUS_ERROR, detail, code, a->error);
    if (status >= 400 && status < 500)
        return say(REASON_QUERY_REJECTED, detail, code, a->error);
    if (status != 200)
        return say(REASON_BAD_ANSWER, detail, code, a->error);
    if (a->malformed)
        return say(REASON_BAD_ANSWER, detail, "malformed answer", a->why.msg);
    if (!json_stream_whole(&a->json))
        return say(a->bytes ? REASON_TRUNCATED_ANSWER : REASON_BAD_ANSWER, detail,
                   a->bytes ? "the answer ends in its middle" : "an empty answer", "");
    if (!a->success)
        return say(REASON_BAD_ANSWER, detail, "no success", a->error);
    if (a->warnings)
        return say(REASON_QUERY_WARNING, detail, "Prometheus warns", a->warning);
    if (!a->is_vector || !a->has_result)
        return say(REASON_BAD_ANSWER, detail, "not an instant vector", "");
    return REASON_NONE;
}

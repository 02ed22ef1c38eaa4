/* SPDX-License-Identifier: Apache-2.0 */
#include "server/predict_request.h"

#include <string.h>

static bool refuse(struct refusal *why, enum error_type type)
{
    why->type = type;
    return false;
}

bool predict_request_row(const struct json *array, const char *what, struct rows *rows,
                         size_t at, struct refusal *why)
{
    float *out = rows->values + at * rows->width;
    size_t i = 0;

    if (!json_is(array, JSON_ARRAY)) {
        (void)error_set(&why->err, ERR_INVALID, "%s must be an array of numbers", what);
        return refuse(why, ERROR_BAD_JSON);
    }
    if (json_count(array) != rows->width) {
        (void)error_set(&why->err, ERR_INVALID, "%s has %zu numbers, the model takes %zu",
                        what, json_count(array), rows->width);
        return refuse(why, ERROR_WRONG_WIDTH);
    }
    for (const struct json *j = json_first(array); j; j = json_next(j), i++) {
        if (!json_is(j, JSON_NUMBER)) {
            (void)error_set(&why->err, ERR_INVALID, "%s[%zu] is a %s, not a number", what,
                            i, json_type_name(json_type(j)));
            return refuse(why, ERROR_BAD_JSON);
        }
        if (!rows_holds(json_number(j, 0))) {
            (void)error_set(&why->err, ERR_INVALID, "%s[%zu] is too large for a float",
                            what, i);
            return refuse(why, ERROR_NOT_FINITE);
        }
        out[i] = (float)json_number(j, 0);
    }
    return true;
}

bool predict_request_rows(const struct json *array, const char *what, struct rows *rows,
                          struct refusal *why)
{
    size_t i = 0;

    if (!json_is(array, JSON_ARRAY) || !json_count(array)) {
        (void)error_set(&why->err, ERR_INVALID, "%s must be a non-empty array of rows",
                        what);
        return refuse(why, ERROR_BAD_JSON);
    }
    if (!rows_resize(rows, json_count(array))) {
        (void)error_set(&why->err, ERR_TOO_BIG, "%s has %zu rows, at most %zu are taken",
                        what, json_count(array), rows->limit);
        return refuse(why, ERROR_TOO_LARGE);
    }
    for (const struct json *row = json_first(array); row; row = json_next(row), i++) {
        if (!predict_request_row(row, what, rows, i, why)) {
            (void)error_wrap(&why->err, "row %zu", i);
            return false;
        }
    }
    return true;
}

/* Python's json.dumps() and others write NaN and Infinity, which are no JSON: worth an
 * answer of its own. */
static bool refuse_text(const char *text, struct refusal *why)
{
    if (!strstr(text, "NaN") && !strstr(text, "Infinity"))
        return refuse(why, ERROR_BAD_JSON);
    (void)error_wrap(&why->err, "numbers must be finite");
    return refuse(why, ERROR_NOT_FINITE);
}

bool predict_request_read(const char *text, size_t n, struct rows *rows, bool *batch,
                          struct refusal *why)
{
    CLEANUP(json_freep)
    struct json *j = json_parse(text, n, &why->err);
    const struct json *features = json_get(j, "features");
    const struct json *instances = json_get(j, "instances");

    if (!j)
        return refuse_text(text, why);
    if (!features == !instances) {
        (void)error_set(&why->err, ERR_INVALID,
                        "an object is expected with either \"features\", a row of "
                        "numbers, or \"instances\", an array of such rows");
        return refuse(why, ERROR_BAD_JSON);
    }
    *batch = instances != NULL;
    if (instances)
        return predict_request_rows(instances, "instances", rows, why);
    if (!rows_resize(rows, 1)) /* cannot be: the limit is at least one */
        return refuse(why, ERROR_TOO_LARGE);
    return predict_request_row(features, "features", rows, 0, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/infer_request.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

const struct infer_output_desc infer_outputs[INFER_OUTPUTS] = {
    [INFER_LABEL] = {"label",         "INT64", false},
    [INFER_CLASS] = {"class",         "BYTES", false},
    [INFER_PROBABILITIES] = {"probabilities", "FP32",  true },
    [INFER_PREDICTION_ID] = {"prediction_id", "BYTES", false},
};

static bool refuse(struct refusal *why, enum error_type type, const char *message)
{
    why->type = type;
    return error_set(&why->err, ERR_INVALID, "%s", message);
}

/* Where the next number of the tensor goes. */
struct filling {
    float *at;
    float *end;
};

/* Numbers in the order of the text, whatever the nesting (the JSON reader bounds it). */
static bool fill(struct filling *f, const struct json *data, struct refusal *why)
{
    double v =
        json_is(data, JSON_BOOL) ? (double)json_bool(data, false) : json_number(data, 0);

    if (json_is(data, JSON_ARRAY)) {
        for (const struct json *j = json_first(data); j; j = json_next(j))
            if (!fill(f, j, why))
                return false;
        return true;
    }
    if (!json_is(data, JSON_NUMBER) && !json_is(data, JSON_BOOL))
        return refuse(why, ERROR_BAD_JSON, "data must be numbers");
    if (!rows_holds(v))
        return refuse(why, ERROR_NOT_FINITE, "data has a number too large for FP32");
    if (f->at == f->end)
        return refuse(why, ERROR_WRONG_WIDTH, "data has more numbers than shape says");
    *f->at++ = (float)v;
    return true;
}

/* [rows, width], or [width] for one row. */
static bool read_shape(const struct json *shape, struct rows *rows, struct refusal *why)
{
    const struct json *first = json_first(shape);
    bool flat = json_count(shape) == 1;
    double count = flat ? 1 : json_number(first, 0);
    double width = json_number(flat ? first : json_next(first), 0);

    if (!json_is(shape, JSON_ARRAY) || json_count(shape) < 1 || json_count(shape) > 2 ||
        !(count >= 1) || count != floor(count))
        return refuse(why, ERROR_BAD_JSON, "shape must be [rows, features]");
    if (width != (double)rows->width) {
        why->type = ERROR_WRONG_WIDTH;
        return error_set(&why->err, ERR_INVALID,
                         "shape has %g columns, the model takes %zu", width, rows->width);
    }
    if (count > (double)rows->limit || !rows_resize(rows, (size_t)count)) {
        why->type = ERROR_TOO_LARGE;
        return error_set(&why->err, ERR_TOO_BIG,
                         "shape has %g rows, at most %zu are taken", count, rows->limit);
    }
    return true;
}

static bool read_tensor(const struct json *tensor, struct rows *rows, struct refusal *why)
{
    static const char *const datatypes[] = {
        "FP16",  "FP32",  "FP64",   "BOOL",   "INT8",   "INT16", "INT32",
        "INT64", "UINT8", "UINT16", "UINT32", "UINT64", NULL};
    struct filling f;

    if (text_index(json_string(json_get(tensor, "datatype"), ""), datatypes) < 0)
        return refuse(why, ERROR_BAD_JSON,
                      "datatype must be a numeric one, such as FP32");
    if (!read_shape(json_get(tensor, "shape"), rows, why))
        return false;
    f.at = rows->values;
    f.end = f.at + rows->count * rows->width;
    if (!json_is(json_get(tensor, "data"), JSON_ARRAY))
        return refuse(why, ERROR_BAD_JSON, "data must be an array");
    if (!fill(&f, json_get(tensor, "data"), why))
        return false;
    return f.at == f.end ||
           refuse(why, ERROR_WRONG_WIDTH, "data has fewer numbers than shape says");
}

static bool read_wanted(const struct json *outputs, bool wanted[INFER_OUTPUTS],
                        struct refusal *why)
{
    for (size_t i = 0; i < INFER_OUTPUTS; i++)
        wanted[i] = !json_count(outputs);
    for (const struct json *j = json_first(outputs); j; j = json_next(j)) {
        const char *name = json_string(json_get(j, "name"), "");
        size_t i = 0;

        while (i < INFER_OUTPUTS && strcmp(infer_outputs[i].name, name) != 0)
            i++;
        if (i == INFER_OUTPUTS)
            return refuse(why, ERROR_BAD_JSON,
                          "outputs are label, class, probabilities, prediction_id");
        wanted[i] = true;
    }
    return true;
}

bool infer_request_read(const char *text, size_t n, struct rows *rows,
                        struct infer_request *out, struct refusal *why)
{
    const struct json *inputs;

    out->document = json_parse(text, n, &why->err);
    if (!out->document) {
        why->type = ERROR_BAD_JSON;
        return false;
    }
    inputs = json_get(out->document, "inputs");
    if (!json_is(inputs, JSON_ARRAY) || json_count(inputs) != 1)
        return refuse(why, ERROR_BAD_JSON, "inputs must be an array of one tensor");
    out->id = json_string(json_get(out->document, "id"), NULL);
    return read_tensor(json_first(inputs), rows, why) &&
           read_wanted(json_get(out->document, "outputs"), out->wanted, why);
}

void infer_request_clear(struct infer_request *r)
{
    json_free(r->document);
    r->document = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/infer_answer.h"

#include <inttypes.h>

#include "server/predict_answer.h"
#include "json/json.h"

/* The ids of all rows, each with its NUL, ID_TEXT_MAX apart: the answer may name the
 * first one twice. */
static char *sign_all(struct worker *w, const struct prediction_run *run)
{
    char *ids = mem_alloc(w->rows.count, ID_TEXT_MAX);

    for (size_t i = 0; i < w->rows.count; i++)
        (void)predict_sign(w, run, i, ids + i * ID_TEXT_MAX);
    return ids;
}

static void write_probabilities(const struct worker *w, size_t row, struct buf *out)
{
    size_t classes = w->served->class_count;

    for (size_t i = 0; i < classes; i++) {
        char text[PROBABILITY_TEXT_MAX];
        const char *end = answer_probability(text, w->probabilities[row * classes + i]);

        if (i)
            buf_putc(out, ',');
        buf_add(out, text, (size_t)(end - text));
    }
}

static void write_value(const struct worker *w, enum infer_output which, size_t row,
                        const char *ids, struct buf *out)
{
    size_t predicted = w->predicted[row];

    switch (which) {
    case INFER_LABEL:
        buf_printf(out, "%" PRId64, model_class_label(w->served->model, predicted));
        return;
    case INFER_CLASS:
        json_add_string(out, w->served->class_names[predicted]);
        return;
    case INFER_PROBABILITIES:
        write_probabilities(w, row, out);
        return;
    case INFER_PREDICTION_ID:
        json_add_string(out, ids + row * ID_TEXT_MAX);
        return;
    case INFER_OUTPUTS:
        break;
    }
}

static void write_output(const struct worker *w, enum infer_output which, const char *ids,
                         struct buf *out)
{
    buf_printf(out, "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[%zu",
               infer_outputs[which].name, infer_outputs[which].datatype, w->rows.count);
    if (infer_outputs[which].per_class)
        buf_printf(out, ",%zu", w->served->class_count);
    buf_puts(out, "],\"data\":[");
    for (size_t i = 0; i < w->rows.count; i++) {
        if (i)
            buf_putc(out, ',');
        write_value(w, which, i, ids, out);
    }
    buf_puts(out, "]}");
}

void infer_answer_write(struct worker *w, const struct prediction_run *run,
                        const struct infer_request *req, struct buf *out)
{
    CLEANUP(mem_freep)
    char *ids = sign_all(w, run);
    bool first = true;

    buf_puts(out, "{\"model_name\":");
    json_add_string(out, w->served->who.model);
    buf_puts(out, ",\"model_version\":");
    json_add_string(out, w->served->who.version);
    buf_puts(out, ",\"id\":");
    json_add_string(out, req->id ? req->id : ids);
    buf_puts(out, ",\"outputs\":[");
    for (size_t i = 0; i < INFER_OUTPUTS; i++) {
        if (!req->wanted[i])
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        write_output(w, (enum infer_output)i, ids, out);
    }
    buf_puts(out, "]}\n");
}

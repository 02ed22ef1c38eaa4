/* SPDX-License-Identifier: Apache-2.0 */
#include "server/kserve_v1.h"

#include <inttypes.h>
#include <string.h>

#include "server/answer.h"
#include "server/predict.h"
#include "json/json.h"

enum { PREFIX_LENGTH = sizeof("/v1/models/") - 1 };

/* Whether the path names our model with just that behind it. */
static bool names_model(const struct worker *w, const char *path, const char *behind)
{
    const char *model = w->served->who.model;

    path += PREFIX_LENGTH;
    return !strncmp(path, model, strlen(model)) && !strcmp(path + strlen(model), behind);
}

void kserve_v1_get(void *arg, const struct httpd_request *req,
                   struct httpd_response *resp)
{
    const struct worker *w = server_worker(arg);
    bool ready = server_is_ready(arg);

    if (!w) {
        answer_not_ready(arg, resp);
    } else if (!names_model(w, req->path, "")) {
        answer_error(arg, resp, 404, ERROR_NOT_FOUND, "no such model");
    } else {
        resp->status = ready ? 200 : 503;
        buf_puts(&resp->body, "{\"name\":");
        json_add_string(&resp->body, w->served->who.model);
        buf_printf(&resp->body, ",\"ready\":%s}\n", ready ? "true" : "false");
    }
}

static void write_answer(struct worker *w, const struct prediction_run *run,
                         struct buf *out)
{
    buf_puts(out, "{\"predictions\":[");
    for (size_t i = 0; i < w->rows.count; i++)
        buf_printf(out, "%s%" PRId64, i ? "," : "",
                   model_class_label(w->served->model, w->predicted[i]));
    buf_puts(out, "],\"prediction_ids\":[");
    for (size_t i = 0; i < w->rows.count; i++) {
        char id[ID_TEXT_MAX];

        (void)predict_sign(w, run, i, id);
        buf_printf(out, "%s\"%s\"", i ? "," : "", id);
    }
    buf_puts(out, "]}\n");
}

static void predict(struct worker *w, const struct httpd_request *req,
                    struct httpd_response *resp)
{
    struct prediction_run run = predict_start(w, req);
    struct refusal why;
    bool batch = false;

    if (!predict_request_read(req->body, req->body_len, &w->rows, &batch, &why)) {
        predict_refuse(w, &why, resp);
    } else if (predict_begin(w, &run, resp)) {
        write_answer(w, &run, &resp->body);
        (void)predict_end(w, &run);
    }
}

void kserve_v1_post(void *arg, const struct httpd_request *req,
                    struct httpd_response *resp)
{
    struct worker *w = server_worker(arg);

    if (!w)
        answer_not_ready(arg, resp);
    else if (!names_model(w, req->path, ":predict"))
        answer_error(arg, resp, 404, ERROR_NOT_FOUND,
                     "no such model; POST goes to MODEL:predict");
    else
        predict(w, req, resp);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/open_inference.h"

#include <string.h>

#include "server/answer.h"
#include "server/infer_answer.h"
#include "server/infer_request.h"
#include "server/predict.h"
#include "json/json.h"

static void not_found(struct server *s, struct httpd_response *resp, const char *what)
{
    answer_error(s, resp, 404, ERROR_NOT_FOUND, what);
}

/* ---- the server ---------------------------------------------------------------------
 */

static void server_metadata(struct server *s, struct httpd_response *resp)
{
    CLEANUP(json_freep)
    struct json *page = json_new_object();

    (void)s;
    json_put_string(page, "name", "model-server");
    json_put_string(page, "version", BANDIT_VERSION);
    json_put(page, "extensions", json_new_array());
    answer_page(resp, page);
}

static void server_live(struct server *s, struct httpd_response *resp)
{
    (void)s;
    buf_puts(&resp->body, "{\"live\":true}\n");
}

static void server_ready(struct server *s, struct httpd_response *resp)
{
    bool ready = server_is_ready(s);

    resp->status = ready ? 200 : 503;
    buf_printf(&resp->body, "{\"ready\":%s}\n", ready ? "true" : "false");
}

static void server_models(struct server *s, struct httpd_response *resp)
{
    CLEANUP(json_freep)
    struct json *page = json_new_object();
    struct json *models = json_new_array();

    json_push(models, json_new_string(s->options.who.model));
    json_put(page, "models", models);
    answer_page(resp, page);
}

/* ---- the model ----------------------------------------------------------------------
 */

static struct json *tensor(const char *name, const char *datatype, double columns)
{
    struct json *t = json_new_object();
    struct json *shape = json_new_array();

    json_put_string(t, "name", name);
    json_put_string(t, "datatype", datatype);
    json_push(shape, json_new_number(-1));
    if (columns > 0)
        json_push(shape, json_new_number(columns));
    json_put(t, "shape", shape);
    return t;
}

static void model_metadata_page(struct worker *w, struct httpd_response *resp)
{
    const struct served *s = w->served;
    CLEANUP(json_freep)
    struct json *page = json_new_object();
    struct json *versions = json_new_array();
    struct json *inputs = json_new_array();
    struct json *outputs = json_new_array();

    json_put_string(page, "name", s->who.model);
    json_push(versions, json_new_string(s->who.version));
    json_put(page, "versions", versions);
    json_put_string(page, "platform", "onnx_onnxv1");
    json_push(inputs, tensor("features", "FP32", (double)s->width));
    json_put(page, "inputs", inputs);
    for (size_t i = 0; i < INFER_OUTPUTS; i++)
        json_push(outputs,
                  tensor(infer_outputs[i].name, infer_outputs[i].datatype,
                         infer_outputs[i].per_class ? (double)s->class_count : 0));
    json_put(page, "outputs", outputs);
    answer_page(resp, page);
}

static void model_ready_page(struct worker *w, struct httpd_response *resp)
{
    CLEANUP(json_freep)
    struct json *page = json_new_object();
    bool ready = server_is_ready(w->server);

    resp->status = ready ? 200 : 503;
    json_put_string(page, "name", w->served->who.model);
    json_put_bool(page, "ready", ready);
    answer_page(resp, page);
}

/* What follows the model, and the version if one is named: "", "/ready", "/infer". NULL
 * when they are not ours. */
static const char *behind_model(const struct worker *w, const char *path)
{
    const struct identity *who = &w->served->who;
    size_t model = strlen(who->model);
    size_t version = strlen(who->version);

    if (strncmp(path, who->model, model) != 0 || (path[model] && path[model] != '/'))
        return NULL;
    path += model;
    if (strncmp(path, "/versions/", 10) != 0)
        return path;
    path += 10;
    if (strncmp(path, who->version, version) != 0 ||
        (path[version] && path[version] != '/'))
        return NULL;
    return path + version;
}

static const char models[] = "/v2/models/";

static void get_model(struct server *s, const char *path, struct httpd_response *resp)
{
    struct worker *w = server_worker(s);
    const char *rest = w ? behind_model(w, path) : NULL;

    if (!w)
        answer_not_ready(s, resp);
    else if (!rest)
        not_found(s, resp, "no such model or version");
    else if (!*rest)
        model_metadata_page(w, resp);
    else if (!strcmp(rest, "/ready"))
        model_ready_page(w, resp);
    else
        not_found(s, resp, "a model has its metadata, /ready and, by POST, /infer");
}

void open_inference_get(void *arg, const struct httpd_request *req,
                        struct httpd_response *resp)
{
    static const struct {
        const char *path;
        void (*fn)(struct server *s, struct httpd_response *resp);
    } table[] = {
        {"/v2",              server_metadata},
        {"/v2/health/live",  server_live    },
        {"/v2/health/ready", server_ready   },
        {"/v2/models",       server_models  },
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (!strcmp(req->path, table[i].path)) {
            table[i].fn(arg, resp);
            return;
        }
    }
    if (!strncmp(req->path, models, sizeof(models) - 1))
        get_model(arg, req->path + sizeof(models) - 1, resp);
    else
        not_found(arg, resp, "no such page");
}

static void infer(struct worker *w, const struct httpd_request *req,
                  struct httpd_response *resp)
{
    struct prediction_run run = predict_start(w, req);
    CLEANUP(infer_request_clear)
    struct infer_request infer_req = {.document = NULL};
    struct refusal why;

    if (!infer_request_read(req->body, req->body_len, &w->rows, &infer_req, &why))
        predict_refuse(w, &why, resp);
    else if (predict_begin(w, &run, resp)) {
        infer_answer_write(w, &run, &infer_req, &resp->body);
        (void)predict_end(w, &run);
    }
}

void open_inference_post(void *arg, const struct httpd_request *req,
                         struct httpd_response *resp)
{
    struct worker *w = server_worker(arg);
    const char *rest = w ? behind_model(w, req->path + sizeof(models) - 1) : NULL;

    if (!w)
        answer_not_ready(arg, resp);
    else if (!rest || strcmp(rest, "/infer") != 0)
        not_found(arg, resp, "no such model or version; POST goes to .../infer");
    else
        infer(w, req, resp);
}

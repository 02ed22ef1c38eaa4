/* SPDX-License-Identifier: Apache-2.0 */
#include "server/pages.h"

#include <math.h>

#include "base/text.h"
#include "engine/metadata.h"
#include "server/answer.h"
#include "server/routes.h"
#include "web/pages.h"
#include "json/json.h"

enum { METRICS_PAGE_MAX = 64 << 20 };

static void put_time(struct json *page, const char *key, int64_t wall_ms)
{
    char text[CLOCK_TEXT_MAX];

    json_put_string(page, key, clock_format(wall_ms, text));
}

/* Of what is served now; before there is anything, of what is going to be. */
static void put_identity(struct json *page, const struct server *s,
                         const struct worker *w)
{
    const struct identity *who = w ? &w->served->who : &s->options.who;

    if (s->options.tenant)
        json_put_string(page, "tenant", s->options.tenant);
    json_put_string(page, "route", who->route);
    json_put_string(page, "arm", who->arm);
    json_put_string(page, "model", who->model);
    if (who->version)
        json_put_string(page, "version", who->version);
}

void page_index(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    struct server *s = arg;
    const struct worker *w = server_worker(s);
    CLEANUP(json_freep)
    struct json *page = json_new_object();

    (void)req;
    json_put_string(page, "service", "model-server");
    json_put_string(page, "server_version", BANDIT_VERSION);
    put_identity(page, s, w);
    json_put(page, "endpoints", routes_describe(s));
    answer_page(resp, page);
}

void page_health(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    CLEANUP(json_freep)
    struct json *page = json_new_object();

    (void)arg;
    (void)req;
    json_put_string(page, "status", "healthy");
    put_time(page, "timestamp", clock_wall_ms());
    answer_page(resp, page);
}

void page_ready(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    struct server *s = arg;
    const struct worker *w = server_worker(s);
    CLEANUP(json_freep)
    struct json *page = json_new_object();

    (void)req;
    resp->status = server_is_ready(s) ? 200 : 503;
    json_put_string(page, "status",
                    server_is_ready(s) ? "ready"
                    : w                ? "draining"
                                       : "loading");
    json_put_bool(page, "model_loaded", w != NULL);
    put_identity(page, s, w);
    put_time(page, "timestamp", clock_wall_ms());
    answer_page(resp, page);
}

static void put_text(struct json *page, const char *key, const char *text)
{
    json_put(page, key, text ? json_new_string(text) : json_new_null());
}

static void put_number_text(struct json *page, const char *key, const char *text)
{
    struct error ignored;
    double v = NAN;

    if (!text || !text_to_double(text, &v, &ignored))
        v = NAN;
    json_put(page, key, json_new_number(v)); /* null when it is not known */
}

static void put_shape(struct json *page, const struct served *s)
{
    struct json *classes = json_new_array();
    struct json *features = json_new_array();

    for (size_t i = 0; i < s->class_count; i++)
        json_push(classes, json_new_string(s->class_names[i]));
    for (size_t i = 0; i < s->width; i++)
        json_push(features, json_new_string(model_feature_name(s->model, i)));
    json_put(page, "classes", classes);
    json_put(page, "features", features);
}

void page_info(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    const struct worker *w = server_worker(arg);
    CLEANUP(json_freep)
    struct json *page = json_new_object();
    const struct served *s;

    (void)req;
    if (!w) {
        answer_not_ready(arg, resp);
        return;
    }
    s = w->served;
    put_identity(page, w->server, w);
    put_text(page, "kind", served_kind(s));
    put_text(page, "dataset", model_metadata(s->model, METADATA_DATASET));
    json_put(page, "accuracy", json_new_number(served_accuracy(s)));
    put_number_text(page, "accuracy_std",
                    model_metadata(s->model, METADATA_ACCURACY_STD));
    put_number_text(page, "training_rows",
                    model_metadata(s->model, METADATA_TRAINING_ROWS));
    put_text(page, "trained_at", model_metadata(s->model, METADATA_TRAINED_AT));
    put_shape(page, s);
    json_put_string(page, "sha256", s->digest);
    put_time(page, "loaded_at", s->loaded_ms);
    json_put_bool(page, "drift_watched", s->drift != NULL);
    answer_page(resp, page);
}

void page_metrics(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    const struct worker *w = server_worker(arg);
    struct page_choice choice = page_choose(req);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(METRICS_PAGE_MAX);

    if (!w) {
        answer_not_ready(arg, resp);
        return;
    }
    metrics_expose(w->served->metrics.registry, choice.format, &text);
    page_answer(resp, &choice, &text);
}

static void write_faults(struct server *s, struct httpd_response *resp)
{
    struct fault_settings now = faults_get(&s->faults);

    faults_write(&now, &resp->body);
    buf_putc(&resp->body, '\n');
}

void page_faults_get(void *arg, const struct httpd_request *req,
                     struct httpd_response *resp)
{
    (void)req;
    write_faults(arg, resp);
}

static void set_faults(struct server *s, const struct fault_settings *settings,
                       struct httpd_response *resp)
{
    const struct worker *w = server_worker(s);

    faults_set(&s->faults, settings);
    if (w)
        server_metrics_faults(&w->served->metrics, settings);
    write_faults(s, resp);
}

void page_faults_set(void *arg, const struct httpd_request *req,
                     struct httpd_response *resp)
{
    struct fault_settings settings;
    struct error err;

    if (faults_parse(req->body, req->body_len, &settings, &err))
        set_faults(arg, &settings, resp);
    else
        answer_error(arg, resp, 400, ERROR_BAD_FAULT, err.msg);
}

void page_faults_clear(void *arg, const struct httpd_request *req,
                       struct httpd_response *resp)
{
    (void)req;
    set_faults(arg, &(struct fault_settings){.latency_ms = 0}, resp);
}

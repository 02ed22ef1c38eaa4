/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

#include "server/feedback.h"
#include "server/kserve_v1.h"
#include "server/open_inference.h"
#include "server/pages.h"
#include "server/predict.h"

enum { ALWAYS, WITH_FAULTS };

/* clang-format off */
static const struct {
    const char *method;
    const char *path; /* NULL: where the metrics are */
    httpd_handler *fn; /* NULL: lib/web's, which bounds how many run at a time */
    size_t max_body; /* SIZE_MAX: what --max-body says */
    int when;
    const char *what;
} table[] = { /* the busiest first: it is searched from the start */
    {"POST", "/predict", predict_handle, SIZE_MAX, ALWAYS,
     "{\"features\":[..]} or {\"instances\":[[..],..]}"},
    {"POST", "/feedback", feedback_handle, FEEDBACK_BODY_MAX, ALWAYS,
     "{\"prediction_id\":\"..\",\"label\":..}, once for each prediction"},
    {"GET", NULL, NULL, 0, ALWAYS,
     "metrics for Prometheus"},
    {"GET", "/ready", page_ready, 0, ALWAYS,
     "does it take requests: 503 while loading and while draining"},
    {"GET", "/health", page_health, 0, ALWAYS,
     "is the process alive"},
    {"GET", "/info", page_info, 0, ALWAYS,
     "the model: kind, data, accuracy, classes, features"},
    {"GET", "/", page_index, 0, ALWAYS,
     "this page"},
    {"POST", "/v2/models/*", open_inference_post, SIZE_MAX, ALWAYS,
     "Open Inference Protocol: MODEL[/versions/VERSION]/infer"},
    {"GET", "/v2*", open_inference_get, 0, ALWAYS,
     "Open Inference Protocol: health and metadata"},
    {"POST", "/v1/models/*", kserve_v1_post, SIZE_MAX, ALWAYS,
     "KServe v1: MODEL:predict {\"instances\":[[..],..]}"},
    {"GET", "/v1/models/*", kserve_v1_get, 0, ALWAYS,
     "KServe v1: is the model ready"},
    {"GET", "/faults", page_faults_get, 0, WITH_FAULTS,
     "the faults injected now"},
    {"POST", "/faults", page_faults_set, FAULTS_BODY_MAX, WITH_FAULTS,
     "{\"latency_ms\":..,\"error_ratio\":..,\"wrong_ratio\":..}"},
    {"DELETE", "/faults", page_faults_clear, 0, WITH_FAULTS,
     "no faults any more"},
};
/* clang-format on */

_Static_assert(ARRAY_LEN(table) <= ROUTES_MAX, "the rows have room");

static bool applies(const struct server *s, size_t i)
{
    return table[i].when == ALWAYS || s->options.allow_faults;
}

size_t routes_make(const struct server *s, struct httpd_route rows[ROUTES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (applies(s, i) && table[i].fn)
            rows[n++] = (struct httpd_route){
                .method = table[i].method,
                .path = table[i].path,
                .fn = table[i].fn,
                .max_body = table[i].max_body == SIZE_MAX ? s->options.max_body
                                                          : table[i].max_body,
            };
    return n;
}

struct json *routes_describe(const struct server *s)
{
    struct json *all = json_new_array();

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct json *row = json_new_object();

        if (!applies(s, i)) {
            json_free(row);
            continue;
        }
        json_put_string(row, "method", table[i].method);
        json_put_string(row, "path",
                        table[i].path ? table[i].path : s->options.telemetry_path);
        json_put_string(row, "what", table[i].what);
        json_push(all, row);
    }
    return all;
}

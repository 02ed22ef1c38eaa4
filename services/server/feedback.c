/* SPDX-License-Identifier: Apache-2.0 */
#include "server/feedback.h"

#include <string.h>

#include "server/answer.h"
#include "json/json.h"

static const struct {
    int status;
    const char *error; /* NULL: taken */
    const char *name;
} answers[FEEDBACK_OUTCOMES] = {
    [FEEDBACK_CORRECT] = {200, NULL,                                           "correct"  },
    [FEEDBACK_INCORRECT] = {200, NULL,                                           "incorrect"},
    [FEEDBACK_REPEATED] = {409, "this prediction has had its feedback",         "repeated" },
    [FEEDBACK_FORGED] = {403, "the prediction_id is not one of this route's", "forged"   },
    [FEEDBACK_EXPIRED] = {410, "the prediction is too old for feedback",       "expired"  },
    [FEEDBACK_UNKNOWN_LABEL] = {400, "the label is none of the model's classes",
                          "unknown_label"                                                 },
};

/* The class that the label means to the model served here, or -1. Arms of one route
 * answer the same question, so their classes are the same. */
static int class_of(const struct served *s, const struct json *label)
{
    if (json_is(label, JSON_STRING))
        return served_class_by_name(s, json_string(label, ""));
    return served_class_by_label(s, json_number(label, 0));
}

static enum feedback_outcome judge(struct worker *w, const struct json *label,
                                   const struct prediction_id *id)
{
    const struct served *s = w->served;
    int class = class_of(s, label);

    if (class < 0)
        return FEEDBACK_UNKNOWN_LABEL;
    switch (
        feedback_seen_add(w->server->seen, id->unique, id->issued_ms, clock_wall_ms())) {
    case SEEN_REPEATED:
        return FEEDBACK_REPEATED;
    case SEEN_EXPIRED:
        return FEEDBACK_EXPIRED;
    case SEEN_FIRST:
        break;
    }
    return strcmp(s->class_names[class], id->class_name) == 0 ? FEEDBACK_CORRECT
                                                              : FEEDBACK_INCORRECT;
}

static void answer(struct worker *w, enum feedback_outcome outcome,
                   struct httpd_response *resp)
{
    if (answers[outcome].error)
        answer_error(w->server, resp, answers[outcome].status, ERROR_BAD_FEEDBACK,
                     answers[outcome].error);
    else
        buf_printf(&resp->body, "{\"outcome\":\"%s\"}\n", answers[outcome].name);
}

static void take(struct worker *w, const char *text, const struct json *label,
                 struct httpd_response *resp)
{
    struct server_metrics *m = &w->served->metrics;
    struct prediction_id id;
    struct identity credited;
    enum feedback_outcome outcome;
    struct error why;

    if (!prediction_id_read(w->signer, text, &id, &why) ||
        strcmp(id.route, w->served->who.route) != 0) {
        server_metrics_feedback(m, &w->served->who, FEEDBACK_FORGED);
        answer(w, FEEDBACK_FORGED, resp);
        return;
    }
    credited = (struct identity){id.route, id.arm, id.model, id.version};
    outcome = judge(w, label, &id);
    server_metrics_feedback(m, &credited, outcome);
    answer(w, outcome, resp);
}

void feedback_handle(void *arg, const struct httpd_request *req,
                     struct httpd_response *resp)
{
    struct worker *w = server_worker(arg);
    struct error err;
    CLEANUP(json_freep)
    struct json *j = json_parse(req->body, req->body_len, &err);
    const struct json *id = json_get(j, "prediction_id");
    const struct json *label = json_get(j, "label");

    if (!w)
        answer_not_ready(arg, resp);
    else if (!j)
        answer_error(arg, resp, 400, ERROR_BAD_FEEDBACK, err.msg);
    else if (!json_is(id, JSON_STRING) ||
             !(json_is(label, JSON_STRING) || json_is(label, JSON_NUMBER)))
        answer_error(arg, resp, 400, ERROR_BAD_FEEDBACK,
                     "an object is expected with \"prediction_id\", a string, and "
                     "\"label\", a class name or its integer label");
    else
        take(w, json_string(id, ""), label, resp);
}

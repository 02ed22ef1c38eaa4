/* SPDX-License-Identifier: Apache-2.0 */
#include "server/predict.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "server/answer.h"
#include "server/predict_answer.h"
#include "server/quick_read.h"
#include "server/trace.h"

/* The exemplar of a request that is part of a trace. */
struct trace {
    char id[TRACE_ID_LENGTH + 1];
    const char *values[1];
};

/* Bytes; see fill_up(). */
enum { ANSWER_STEP = 64, BLANKS_MAX = 256 };

static void sleep_ms(double ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1000)};

    t.tv_nsec = (long)((ms - (double)t.tv_sec * 1000) * 1e6);
    while (nanosleep(&t, &t))
        continue;
}

struct prediction_run predict_start(struct worker *w, const struct httpd_request *req)
{
    int64_t now = clock_mono_ns();

    return (struct prediction_run){req, now, stamp_wall_ms(&w->stamp, now)};
}

void predict_refuse(struct worker *w, const struct refusal *why,
                    struct httpd_response *resp)
{
    answer_error(w->server, resp, why->type == ERROR_TOO_LARGE ? 413 : 400, why->type,
                 why->err.msg);
}

/* Who sees that some requests are slow, or fail, can look up the trace of one of them.
 * Not its prediction_id: who has that may give feedback, and metrics are for everybody to
 * read. */
static const char *const *traced(const struct prediction_run *run, struct trace *t)
{
    t->values[0] = t->id;
    return trace_read(httpd_header(run->req, "traceparent"), t->id) ? t->values : NULL;
}

static bool fail(struct worker *w, const struct prediction_run *run,
                 struct httpd_response *resp, enum error_type type, const char *message)
{
    struct trace t;
    const char *const *values = traced(run, &t);

    if (values)
        counter_add_exemplar(w->served->metrics.failures, 1, values, clock_wall_ms());
    else
        counter_inc(w->served->metrics.failures);
    gauge_add(w->served->metrics.active, -1);
    answer_error(w->server, resp, 500, type, message);
    return false;
}

static void count_row(struct worker *w, size_t i)
{
    struct served *s = w->served;
    size_t predicted = w->predicted[i];

    counter_inc(s->metrics.by_class[predicted]);
    histogram_observe(s->metrics.confidence,
                      (double)w->probabilities[i * s->class_count + predicted]);
    drift_observe(s->drift, w->rows.values + i * s->width);
}

/* Bytes of an answer, whatever the protocol. */
static size_t answer_max(const struct worker *w)
{
    return w->rows.count * w->served->row_text_max + ROW_TEXT_MORE + BLANKS_MAX;
}

bool predict_begin(struct worker *w, const struct prediction_run *run,
                   struct httpd_response *resp)
{
    struct served *s = w->served;
    struct fault_settings faults = faults_get(&w->server->faults);

    if (answer_max(w) > resp->body.max) {
        answer_error(w->server, resp, 413, ERROR_TOO_LARGE,
                     "the answer would be too large; send fewer rows");
        return false;
    }
    counter_inc(s->metrics.requests);
    gauge_add(s->metrics.active, 1);
    if (faults.latency_ms > 0)
        sleep_ms(faults.latency_ms);
    if (faults.error_ratio > 0 && worker_draw(w, faults.error_ratio))
        return fail(w, run, resp, ERROR_INJECTED, "an error injected on purpose");
    worker_infer(w);
    for (size_t i = 0; i < w->rows.count; i++) {
        float *probabilities = w->probabilities + i * s->class_count;

        if (isnan(probabilities[w->predicted[i]]))
            return fail(w, run, resp, ERROR_INTERNAL,
                        "the model's answer is not a number");
        if (faults.wrong_ratio > 0 && worker_draw(w, faults.wrong_ratio))
            faults_make_wrong(probabilities, s->class_count, &w->predicted[i]);
        count_row(w, i);
    }
    return true;
}

static void observe(struct histogram *h, double seconds, const struct prediction_run *run)
{
    struct trace t;
    const char *const *values = traced(run, &t);

    if (values)
        histogram_observe_exemplar(h, seconds, values,
                                   run->wall_ms + (int64_t)(seconds * 1000));
    else
        histogram_observe(h, seconds);
}

int64_t predict_end(struct worker *w, const struct prediction_run *run)
{
    int64_t ns = clock_mono_ns() - run->started_ns;

    observe(w->served->metrics.duration, (double)ns * 1e-9, run);
    gauge_add(w->served->metrics.active, -1);
    return ns;
}

size_t predict_sign(struct worker *w, const struct prediction_run *run, size_t i,
                    char *out)
{
    return prediction_id_write(w->signer, &w->served->classes[w->predicted[i]].id,
                               run->wall_ms, w->next_unique++, out);
}

static char *write_row(char *at, struct worker *w, const struct prediction_run *run,
                       size_t i)
{
    const struct served *s = w->served;

    at = answer_row(at, s, w->probabilities + i * s->class_count, w->predicted[i]);
    at = ANSWER_LITERAL(at, ",\"prediction_id\":\"");
    at += predict_sign(w, run, i, at);
    *at++ = '"';
    return at;
}

/* Blanks, and the end of the line: answers grow to one length, that of the longest, and
 * fall back from it only when it is too long by far. An answer object of libmicrohttpd,
 * which has the length in its head, then serves again (see httpd/answer.c). */
static char *fill_up(char *at, const char *start, size_t *answer_len)
{
    size_t n = (size_t)(at - start) + 1;

    if (n > *answer_len || *answer_len - n > BLANKS_MAX)
        *answer_len = (n + ANSWER_STEP - 1) / ANSWER_STEP * ANSWER_STEP;
    memset(at, ' ', *answer_len - n);
    at += *answer_len - n;
    *at++ = '\n';
    return at;
}

static void write_answer(struct worker *w, const struct prediction_run *run, bool batch,
                         struct buf *out)
{
    char *start = buf_room(out, answer_max(w));
    char *at = start;
    int64_t ns;

    *at++ = '{';
    if (batch)
        at = ANSWER_LITERAL(at, "\"predictions\":[{");
    for (size_t i = 0; i < w->rows.count; i++) {
        if (i)
            at = ANSWER_LITERAL(at, "},{");
        at = write_row(at, w, run, i);
    }
    if (batch)
        at = ANSWER_LITERAL(at, "}]");
    ns = predict_end(w, run);
    at = answer_time(at, ns);
    at = ANSWER_LITERAL(at, ",\"timestamp\":\"");
    at =
        answer_text(at, stamp_text(&w->stamp, run->wall_ms + ns / 1000000), STAMP_LENGTH);
    at = ANSWER_LITERAL(at, "\"}");
    at = fill_up(at, start, &w->answer_len);
    buf_grew(out, (size_t)(at - start));
}

void predict_handle(void *arg, const struct httpd_request *req,
                    struct httpd_response *resp)
{
    struct worker *w = server_worker(arg);
    struct prediction_run run;
    struct refusal why;
    bool batch = false;

    if (!w) {
        answer_not_ready(arg, resp);
        return;
    }
    run = predict_start(w, req);
    if (!quick_read(req->body, req->body_len, &w->rows) &&
        !predict_request_read(req->body, req->body_len, &w->rows, &batch, &why))
        predict_refuse(w, &why, resp);
    else if (predict_begin(w, &run, resp))
        write_answer(w, &run, batch, &resp->body);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* predict.h - what a prediction request goes through, whatever protocol it came in:
 *
 *     w = server_worker()           503 when there is no model yet
 *     read the rows into w->rows    4xx through predict_refuse()
 *     predict_begin()               the model runs, faults strike: 500 ends it here
 *     write the answer
 *     predict_end()                 counted and timed
 */
#ifndef SERVER_PREDICT_H
#define SERVER_PREDICT_H

#include "httpd/httpd.h"
#include "server/predict_request.h"
#include "server/server.h"

struct prediction_run {
    const struct httpd_request *req;
    int64_t started_ns;
    int64_t wall_ms; /* when it started */
};

/* Call first, before the request is read. */
struct prediction_run predict_start(struct worker *w, const struct httpd_request *req);

void predict_refuse(struct worker *w, const struct refusal *why,
                    struct httpd_response *resp);

/* Results are in w->probabilities and w->predicted. False: resp is the answer. */
bool predict_begin(struct worker *w, const struct prediction_run *run,
                   struct httpd_response *resp);

/* Call when the answer is written but for its end; returns how long it took, in
 * nanoseconds. */
int64_t predict_end(struct worker *w, const struct prediction_run *run);

/* Sign an id for row i into out; returns its length. */
size_t predict_sign(struct worker *w, const struct prediction_run *run, size_t i,
                    char *out);

/* POST /predict */
void predict_handle(void *arg, const struct httpd_request *req,
                    struct httpd_response *resp);

#endif

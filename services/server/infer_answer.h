/* SPDX-License-Identifier: Apache-2.0 */
/* infer_answer.h - an answer of the Open Inference Protocol. */
#ifndef SERVER_INFER_ANSWER_H
#define SERVER_INFER_ANSWER_H

#include "server/infer_request.h"
#include "server/predict.h"

/* An id that the request lacked is the first row's prediction_id. */
void infer_answer_write(struct worker *w, const struct prediction_run *run,
                        const struct infer_request *req, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* feedback.h - POST /feedback: the true label of a prediction, once for each process that
 * shares the secret of prediction ids; docs/model-server.md says what that means.
 *
 *     {"prediction_id":"...","label":"setosa"}    or the integer label: {"label":0}
 *
 * 200 {"outcome":"correct"} or "incorrect"; 403 forged, 410 expired, 409 repeated, 400
 * for a label that is none of the model's.
 */
#ifndef SERVER_FEEDBACK_H
#define SERVER_FEEDBACK_H

#include "httpd/httpd.h"

enum { FEEDBACK_BODY_MAX = 8192 };

void feedback_handle(void *arg, const struct httpd_request *req,
                     struct httpd_response *resp);

#endif

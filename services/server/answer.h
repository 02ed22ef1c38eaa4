/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - the answers that every endpoint gives alike. */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include "httpd/httpd.h"
#include "server/server.h"
#include "json/json.h"

/* {"error":"..."} with that status, counted in ml_errors_total{type}. */
void answer_error(struct server *s, struct httpd_response *resp, int status,
                  enum error_type type, const char *message);

/* That JSON as the body, and the end of the line. */
void answer_page(struct httpd_response *resp, const struct json *page);

/* 503, for a request that came before the first model. */
void answer_not_ready(struct server *s, struct httpd_response *resp);

/* The hooks of httpd: an error it answers by itself, and who answers what. */
void answer_on_error(void *arg, int status, const char *message,
                     struct httpd_response *resp);
bool answer_add_headers(void *arg, const struct httpd_request *req,
                        struct httpd_response *resp);

#endif

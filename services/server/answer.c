/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

void answer_error(struct server *s, struct httpd_response *resp, int status,
                  enum error_type type, const char *message)
{
    const struct worker *w = server_worker(s);

    if (w)
        counter_inc(w->served->metrics.errors[type]);
    resp->status = status;
    resp->content_type = "application/json";
    buf_reset(&resp->body);
    buf_puts(&resp->body, "{\"error\":");
    json_add_string(&resp->body, message);
    buf_puts(&resp->body, "}\n");
}

void answer_page(struct httpd_response *resp, const struct json *page)
{
    json_write(page, &resp->body);
    buf_putc(&resp->body, '\n');
}

void answer_not_ready(struct server *s, struct httpd_response *resp)
{
    answer_error(s, resp, 503, ERROR_NOT_READY, "no model is loaded yet");
}

void answer_on_error(void *arg, int status, const char *message,
                     struct httpd_response *resp)
{
    enum error_type type = status == 404   ? ERROR_NOT_FOUND
                           : status == 405 ? ERROR_BAD_METHOD
                           : status == 413 ? ERROR_TOO_LARGE
                           : status < 500  ? ERROR_BAD_REQUEST
                                           : ERROR_INTERNAL;

    answer_error(arg, resp, status, type, message);
}

bool answer_add_headers(void *arg, const struct httpd_request *req,
                        struct httpd_response *resp)
{
    struct server *s = arg;
    const struct worker *w = server_worker(s);

    (void)req;
    httpd_response_header(resp, "X-Bandit-Route", s->options.who.route);
    httpd_response_header(resp, "X-Bandit-Arm", s->options.who.arm);
    if (s->options.tenant)
        httpd_response_header(resp, "X-Bandit-Tenant", s->options.tenant);
    if (w)
        httpd_response_header(resp, "X-Bandit-Version", w->served->who.version);
    return true;
}

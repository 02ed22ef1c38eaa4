/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler has answered, as libmicrohttpd wants it.
 *
 * An answer object costs a score of allocations, most of them for its headers, and that
 * is a sixth of what a small request costs in all. So it is kept with its exchange and is
 * queued again when the next answer differs in the bytes of its body only, not in their
 * number or in a header. libmicrohttpd asks for bytes that do not change while an answer
 * lives, for an answer may be queued by many connections at once; this one is queued for
 * one request after the other, and between two of them its bytes are nobody's.
 *
 * A kept answer has its own Date, for as long as that is right: libmicrohttpd would take
 * the time apart anew for every answer, under a lock of all threads.
 */
#include <assert.h>
#include <string.h>
#include <time.h>

#include "httpd/internal.h"

void httpd_response_header(struct httpd_response *resp, const char *name,
                           const char *value)
{
    size_t i = 0;
    size_t size;

    while (i < resp->header_count && resp->headers[i].name != name &&
           strcmp(resp->headers[i].name, name) != 0)
        i++;
    if (i == resp->header_count)
        resp->header_count++;
    if (i < resp->kept.headers && resp->headers[i].name == name &&
        !strcmp(resp->headers[i].value, value))
        return; /* it is there from the answer before */
    size = strlen(value) + 1;
    assert(i < HTTPD_HEADERS_MAX && size <= HTTPD_HEADER_VALUE_MAX);
    resp->kept.differs = true;
    resp->headers[i].name = name;
    memcpy(resp->headers[i].value, value, size);
}

void httpd_response_text(struct httpd_response *resp, int status, const char *text)
{
    resp->status = status;
    resp->content_type = "text/plain; charset=utf-8";
    buf_puts(&resp->body, text);
}

static struct MHD_Response *make(const struct httpd_response *resp, bool close)
{
    struct MHD_Response *answer =
        resp->slices ? slices_answer(resp)
                     : MHD_create_response_from_buffer(resp->body.len, resp->body.data,
                                                       MHD_RESPMEM_PERSISTENT);

    if (!answer)
        return NULL;
    if (resp->content_type)
        (void)MHD_add_response_header(answer, "Content-Type", resp->content_type);
    for (size_t i = 0; i < resp->header_count; i++)
        (void)MHD_add_response_header(answer, resp->headers[i].name,
                                      resp->headers[i].value);
    if (close)
        (void)MHD_add_response_header(answer, "Connection", "close");
    return answer;
}

/* RFC 9110, section 5.6.7; the locale is always "C" in our programs. */
static void add_date(struct MHD_Response *answer, time_t now)
{
    char text[sizeof("Sun, 06 Nov 1994 08:49:37 GMT")];
    struct tm tm;

    if (gmtime_r(&now, &tm) &&
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm))
        (void)MHD_add_response_header(answer, "Date", text);
}

static bool serves_again(const struct kept_answer *kept,
                         const struct httpd_response *resp, time_t now)
{
    return kept->answer && kept->date == now && !resp->kept.differs &&
           resp->header_count == resp->kept.headers && resp->body.len == kept->body_len &&
           resp->body.data == kept->body && resp->content_type == kept->content_type;
}

void kept_answer_clear(struct kept_answer *kept)
{
    if (kept->answer)
        MHD_destroy_response(kept->answer);
    kept->answer = NULL;
}

enum MHD_Result answer_queue(struct MHD_Connection *connection,
                             struct httpd_response *resp, bool close,
                             struct kept_answer *kept)
{
    struct MHD_Response *answer;
    enum MHD_Result queued;
    time_t now;

    if (resp->slices || close) {
        answer = make(resp, close);
        if (!answer)
            return MHD_NO;
        queued = MHD_queue_response(connection, (unsigned)resp->status, answer);
        MHD_destroy_response(answer);
        return queued;
    }
    now = time(NULL);
    if (!serves_again(kept, resp, now)) {
        kept_answer_clear(kept);
        kept->answer = make(resp, false);
        if (!kept->answer)
            return MHD_NO;
        add_date(kept->answer, now);
        kept->date = now;
        kept->body = resp->body.data;
        kept->body_len = resp->body.len;
        kept->content_type = resp->content_type;
        resp->kept.headers = resp->header_count;
        resp->kept.differs = false;
    }
    return MHD_queue_response(connection, (unsigned)resp->status, kept->answer);
}

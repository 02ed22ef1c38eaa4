/* SPDX-License-Identifier: Apache-2.0 */
#include "web/pages.h"

#include "web/gzip.h"

struct page_choice page_choose(const struct httpd_request *req)
{
    const char *accept = httpd_header(req, "Accept");
    enum exposition format = exposition_negotiate(accept);

    return (struct page_choice){
        .format = format,
        .content_type = exposition_content_type_for(format, accept),
        .gzip = gzip_accepted(httpd_header(req, "Accept-Encoding")),
    };
}

void page_head(struct httpd_response *resp, const struct page_choice *choice)
{
    resp->content_type = choice->content_type;
    httpd_response_header(resp, "Vary", "Accept, Accept-Encoding");
    if (choice->gzip)
        httpd_response_header(resp, "Content-Encoding", "gzip");
}

void page_answer(struct httpd_response *resp, const struct page_choice *choice,
                 struct buf *text)
{
    bool whole = buf_ok(text);

    page_head(resp, choice);
    if (choice->gzip) {
        gzip_all(&resp->body, buf_str(text), text->len);
        buf_clear(text);
    } else {
        buf_move(&resp->body, text);
    }
    if (!whole)
        resp->body.full = true;
}

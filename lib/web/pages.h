/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - answering with a page of metrics: which format, compressed or not. */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "httpd/httpd.h"
#include "metrics/exposition.h"

struct page_choice {
    enum exposition format;
    const char *content_type;
    bool gzip;
};

/* What this request wants. */
struct page_choice page_choose(const struct httpd_request *req);

/* Set the headers of an answer of that kind. The body is the caller's to set. */
void page_head(struct httpd_response *resp, const struct page_choice *choice);

/* Answer with this text, which is compressed where that was chosen; it is emptied. One
 * that is not whole, or too large for an answer, becomes a 500. */
void page_answer(struct httpd_response *resp, const struct page_choice *choice,
                 struct buf *text);

#endif

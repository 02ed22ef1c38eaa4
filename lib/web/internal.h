/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - the parts of a web side. For lib/web only. */
#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include <stdatomic.h>

#include "web/web.h"

struct web {
    struct web_options options;
    struct httpd_route *routes; /* the program's, then ours */
    struct httpd *httpd;
    atomic_int_fast64_t scrapes; /* being answered */
};

/* landing.c: GET / */
httpd_handler landing_page;

#endif

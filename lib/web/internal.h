/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - the parts of a web side. For lib/web only. */
#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include <stdatomic.h>

#include <pthread.h>

#include "base/stop.h"
#include "web/guard.h"
#include "web/web.h"

struct web {
    struct web_options options;
    struct httpd_route *routes; /* the program's, then ours */
    struct httpd *httpd;
    atomic_int_fast64_t scrapes; /* being answered */
    struct guard *guard;
    pthread_mutex_t lock; /* over config */
    struct web_config *config;
    atomic_bool open; /* config asks nothing of a request and adds nothing to an answer */
    struct stop *stop;
    pthread_t follower; /* looks whether files have changed */
    bool follows;
};

/* access.c: the filter of all requests, the configuration behind it, and its reloading.
 */
httpd_filter_fn access_filter;
bool access_open(struct web *w, struct error *err);
void access_follow(struct web *w); /* once the server runs */
void access_close(struct web *w);

/* landing.c: GET / */
httpd_handler landing_page;

#endif

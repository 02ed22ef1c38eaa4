/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - what the server says about itself: /, /health, /ready, /info, /metrics, and
 * the switch of the faults. */
#ifndef SERVER_PAGES_H
#define SERVER_PAGES_H

#include "httpd/httpd.h"

enum { FAULTS_BODY_MAX = 4096 };

httpd_handler page_index;
httpd_handler page_health;
httpd_handler page_ready;
httpd_handler page_info;
httpd_handler page_metrics;

/* Only in the table of a server started with --allow-faults. */
httpd_handler page_faults_get;
httpd_handler page_faults_set;
httpd_handler page_faults_clear;

#endif

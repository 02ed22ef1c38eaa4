/* SPDX-License-Identifier: Apache-2.0 */
/* logged.h - hooks of a store for programs that do no more with them than log. */
#ifndef STORE_LOGGED_H
#define STORE_LOGGED_H

#include "base/error.h"

/* store_kube_options.warn */
void store_log_warning(void *arg, const char *text);

/* store_kube_options.fault */
void store_log_fault(void *arg, const char *what, const struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/logged.h"

#include "base/log.h"

void store_log_warning(void *arg, const char *text)
{
    (void)arg;
    log_warn("the API server warns", LOG_STR("warning", text));
}

void store_log_fault(void *arg, const char *what, const struct error *err)
{
    (void)arg;
    log_warn("request to the API server failed, it is tried again", LOG_STR("what", what),
             LOG_STR("error", err->msg));
}

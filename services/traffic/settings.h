/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what the command line asks for. */
#ifndef TRAFFIC_SETTINGS_H
#define TRAFFIC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/flags.h"
#include "traffic/pattern.h"
#include "web/web.h"

struct settings {
    const char *url, *data, *label_column, *pattern, *arrivals, *json;
    double rate, peak, feedback_ratio;
    int64_t period_ms, duration_ms, timeout_ms, feedback_delay_ms;
    int64_t max_in_flight, seed;
    struct flag_list headers;
    struct web_flags web;
};

/* Everything at its default. */
void settings_init(struct settings *s);

/* Name, summary and examples. */
extern const struct program traffic_program;

/* Returns the exit code, or -1 to run. */
int settings_parse(struct settings *s, int argc, char **argv);

/* What the flags' own checks cannot see; sets up logging. */
bool settings_check(const struct settings *s, struct pattern *pattern, struct error *err);

#endif

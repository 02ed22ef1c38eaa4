/* SPDX-License-Identifier: Apache-2.0 */
/* happening.h - reading what happens in a scenario. Private to the simulator. */
#ifndef SIM_HAPPENING_H
#define SIM_HAPPENING_H

#include "sim/scenario.h"
#include "json/json.h"

bool happenings_read(struct scenario *s, const struct json *list, struct error *err);

/* Of scenario.c, for all its parts. */
bool scenario_duration(const struct json *object, const char *key, int64_t *ms,
                       struct error *err);
int scenario_arm(const struct scenario *s, const char *name);
int scenario_objective(const struct scenario *s, const char *name);

#endif

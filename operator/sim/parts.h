/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - the parts of a scenario that are read in files of their own. Private to the
 * simulator. */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include "sim/scenario.h"
#include "json/json.h"

bool happenings_read(struct scenario *s, const struct json *list, struct error *err);
bool expectations_read(struct scenario *s, const struct json *list, struct error *err);

/* Of scenario.c, for them. -1: there is none of that name. */
int scenario_arm(const struct scenario *s, const char *name);
int scenario_objective(const struct scenario *s, const char *name);

#endif

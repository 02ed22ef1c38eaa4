/* SPDX-License-Identifier: Apache-2.0 */
/* conditions.h - the status conditions; see also core_programmed() in decide.h. */
#ifndef CORE_CONDITIONS_H
#define CORE_CONDITIONS_H

#include "core/work.h"

/* Set one; its time moves only when the status changes. */
void condition_set(struct route_condition *c, enum condition_status status,
                   enum reason reason, const char *message, int64_t generation,
                   int64_t now_ms);

void conditions_update(struct work *w);

#endif

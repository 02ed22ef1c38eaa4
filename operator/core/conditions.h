/* SPDX-License-Identifier: Apache-2.0 */
/* conditions.h - the status conditions; see also core_programmed() in decide.h. */
#ifndef CORE_CONDITIONS_H
#define CORE_CONDITIONS_H

#include "core/work.h"

void conditions_update(struct work *w);

#endif

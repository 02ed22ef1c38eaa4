/* SPDX-License-Identifier: Apache-2.0 */
/* say.h - sentences into arrays of fixed size. Private to the core, which makes millions
 * of them a second when it simulates; printf() would take longer than deciding. */
#ifndef CORE_SAY_H
#define CORE_SAY_H

#include <stddef.h>

/* Put a and b together; what does not fit is cut, between characters. */
void say(char *out, size_t size, const char *a, const char *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* meanwhile.h - does one thing keep another waiting? Without a bar in milliseconds, which
 * no test on a busy machine can keep. */
#ifndef SUPPORT_MEANWHILE_H
#define SUPPORT_MEANWHILE_H

#include <stdbool.h>

typedef void meanwhile_fn(void *arg);

/* While `slow` runs once, `quick` runs over and over in another thread. The longest that
 * one of these took, as a share of the time that slow took. */
double meanwhile_longest(meanwhile_fn *slow, meanwhile_fn *quick, void *arg);

/* Try until the share is small: a busy machine may keep anybody waiting, a lock does each
 * time. */
bool meanwhile_goes_on(meanwhile_fn *slow, meanwhile_fn *quick, void *arg);

#endif

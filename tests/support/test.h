/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - cmocka and what it needs included before it, in the one order that works. */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* sort_keys.h - sort 64-bit integers; several times faster than qsort(), which calls a
 * function for each comparison. Most of a forest's training time goes here. */
#ifndef TRAINER_SORT_KEYS_H
#define TRAINER_SORT_KEYS_H

#include <stddef.h>
#include <stdint.h>

void sort_keys(uint64_t *keys, size_t n);

#endif

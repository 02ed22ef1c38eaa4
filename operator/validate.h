/* SPDX-License-Identifier: Apache-2.0 */
/* validate.h - `bandit-operator validate FILE...`: are these manifests in order? */
#ifndef OPERATOR_VALIDATE_H
#define OPERATOR_VALIDATE_H

#include <stddef.h>

/* One line for each document, on standard output when it is in order, on standard error
 * with file, document and field when it is not. Returns the exit code: 0 when all are, 1
 * otherwise. */
int validate_files(const char *const *paths, size_t n);

#endif

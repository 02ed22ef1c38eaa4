/* SPDX-License-Identifier: Apache-2.0 */
/* describe_decisions.h - docs/decisions.md, from the tables of what words mean. */
#ifndef SUPPORT_DESCRIBE_DECISIONS_H
#define SUPPORT_DESCRIBE_DECISIONS_H

#include "base/buf.h"

void describe_decisions(struct buf *out);

#endif

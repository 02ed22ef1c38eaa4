/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - what a kubeconfig keeps in its "-data" fields (RFC 4648, section 4). */
#ifndef KUBE_BASE64_H
#define KUBE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* Append what the text stands for. White space is passed over, padding is needed. */
bool base64_decode(const char *text, struct buf *out, struct error *err);

#endif

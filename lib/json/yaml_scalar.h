/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h - what a YAML scalar means in the 1.2 core schema. Private to lib/json.
 */
#ifndef JSON_YAML_SCALAR_H
#define JSON_YAML_SCALAR_H

#include "json/json.h"

/* tag: the explicit tag, or NULL; plain: written without quotes. The error tells what is
 * wrong, not where. */
struct json *yaml_scalar(const char *text, const char *tag, bool plain,
                         struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - YAML documents read into JSON trees. The only place that knows libyaml.
 *
 * Scalars follow the YAML 1.2 core schema (so `no` and `on` are strings). Duplicate keys,
 * anchors that refer to themselves, and expansion beyond the ceiling are errors, which
 * name line and column.
 */
#ifndef JSON_YAML_H
#define JSON_YAML_H

#include "json/json.h"

/* Called with each document, which it takes; returning false stops with its error. */
typedef bool yaml_document_fn(void *arg, struct json *document, struct error *err);

bool yaml_parse(const char *text, size_t n, yaml_document_fn *fn, void *arg,
                struct error *err);

/* The one document of a text; an empty text is null. */
struct json *yaml_parse_one(const char *text, size_t n, struct error *err);

#endif

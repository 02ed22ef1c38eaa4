/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_write.h - a JSON tree as YAML in block style, for people to read and review. */
#ifndef JSON_YAML_WRITE_H
#define JSON_YAML_WRITE_H

#include "json/json.h"

/* yaml_parse_one() reads the same tree back, and so does a YAML 1.1 reader: a word that
 * one of them might take for something else stands in quotes. */
void yaml_write(const struct json *j, struct buf *out);

#endif

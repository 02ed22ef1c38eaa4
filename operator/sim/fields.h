/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - the members of a scenario file, read strictly: one that is misspelled, or
 * not what it should be, is an error and never a default. For a gate that reads less than
 * it was given is open. Private to the simulator.
 */
#ifndef SIM_FIELDS_H
#define SIM_FIELDS_H

#include "base/error.h"
#include "json/json.h"

/* NULL (not there), or a mapping. */
bool fields_mapping(const struct json *object, const char *where, struct error *err);

/* NULL (not there), or a mapping with no other keys than these, which end with NULL. */
bool fields_known(const struct json *object, const char *const *keys, const char *where,
                  struct error *err);

/* NULL (not there), or a list. */
bool fields_list(const struct json *list, const char *where, struct error *err);

/* *value is left as it is where there is no such member. */
bool fields_number(const struct json *object, const char *key, double low, double high,
                   double *value, struct error *err);
bool fields_duration(const struct json *object, const char *key, int64_t *ms,
                     struct error *err);

/* A text that must be there, short of size bytes. */
bool fields_text(const struct json *object, const char *key, char *out, size_t size,
                 struct error *err);

#endif

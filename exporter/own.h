/* SPDX-License-Identifier: Apache-2.0 */
/* own.h - what the exporter publishes of itself. */
#ifndef EXPORTER_OWN_H
#define EXPORTER_OWN_H

#include "exporter/fleet.h"
#include "exporter/shard.h"
#include "store/store.h"

struct own;

/* The registry's refreshes read fleet and store, so both must outlive it. */
struct own *own_new(struct fleet *fleet, struct store *store, const struct shard *shard);
void own_free(struct own *o);
DEFINE_FREEP(struct own *, own_free)

struct metrics *own_registry(struct own *o);

/* Objects that are there and cannot be understood. */
void own_set_invalid(struct own *o, size_t n);
/* What became of reading the web configuration. */
void own_set_reload(struct own *o, bool success);

extern const struct metric_table own_table;

#endif

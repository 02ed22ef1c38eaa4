/* SPDX-License-Identifier: Apache-2.0 */
/* fleet.h - all objects this exporter publishes, as rendered text.
 *
 * An object keeps its slot as long as it lives, so that pages do not change their order;
 * slots stand in groups, and for each group the fleet remembers in which families
 * something changed, which is all that has to be compressed again. Any thread; the lock
 * is held for looking up and counting references only, never while rendering or sending.
 */
#ifndef EXPORTER_FLEET_H
#define EXPORTER_FLEET_H

#include "exporter/rendered.h"

enum { FLEET_GROUP = 128 }; /* slots; their text of one family is compressed as one */

struct fleet;

struct fleet *fleet_new(void);
void fleet_free(struct fleet *f);
DEFINE_FREEP(struct fleet *, fleet_free)

/* Put this object in the place of the one of its name. Takes the reference. */
void fleet_put(struct fleet *f, const char *namespace, const char *name,
               struct rendered *r);
void fleet_remove(struct fleet *f, const char *namespace, const char *name);
size_t fleet_count(struct fleet *f);

/* The whole at one moment, holding a reference to each object. */
struct snapshot {
    uint64_t generation;       /* changes whenever anything does */
    struct rendered **objects; /* by slot; NULL where a slot is free */
    size_t count;              /* of slots */
};

void fleet_snapshot(struct fleet *f, struct snapshot *out);
uint64_t fleet_generation(struct fleet *f);

/* The same, and what changed since the last call: a set of families for each group (free
 * it), which is thereby forgotten. For the one who keeps compressed text. */
uint64_t *fleet_snapshot_changes(struct fleet *f, struct snapshot *out, size_t *groups);
void snapshot_clear(struct snapshot *s);

#endif

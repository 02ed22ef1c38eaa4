/* SPDX-License-Identifier: Apache-2.0 */
/* dir_inner.h - the folder store's state, shared by the files that make it up.
 *
 * The watching thread owns everything; other threads come in only to write a status, for
 * which the lock guards the objects. Only the watching thread adds and removes objects,
 * so it reads them without the lock.
 */
#ifndef STORE_DIR_INNER_H
#define STORE_DIR_INNER_H

#include <pthread.h>

#include "store/backend.h"
#include "store/dir_manifests.h"
#include "store/dir_objects.h"

enum { PATH_BYTES_MAX = 8192 };

struct store_dir {
    struct store store;
    char *folder;

    /* Of the watching thread. */
    struct dir_manifests manifests;
    uint64_t looks;
    int64_t look_at_ms;       /* monotonic: when to look at everything next */
    int64_t restless_from_ms; /* monotonic: the first change since the last look */
    store_event_fn *fn;
    void *arg;

    pthread_mutex_t lock; /* guards: */
    struct dir_objects objects;
    struct store_stats counts;
    int lock_fd; /* we are the one that writes statuses; -1: not yet */
};

/* Add one to a member of s->counts. */
void dir_count(struct store_dir *s, uint64_t *what);

/* ---- dir_tell.c ------------------------------------------------------------------ */

/* Tell what is new about the object since it was told last. */
void dir_tell_changes(struct store_dir *s, struct dir_object *o);
/* The same, when only the status may be new. */
void dir_tell_status(struct store_dir *s, struct dir_object *o);
void dir_tell_synced(struct store_dir *s);

/* ---- dir_write.c ----------------------------------------------------------------- */

bool dir_write_status(struct store *store, const struct bandit_route *r,
                      struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - one file of a folder: the BanditRoutes in it, read again when it changes.
 *
 * Bad news needs a second look: editors truncate, write half and rename, so a file that
 * is suddenly empty, broken or gone keeps the objects it had for MANIFEST_GRACE_MS.
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file_stamp.h"

enum { MANIFEST_GRACE_MS = 500 };

struct last_good;

/* One document that is, or was meant to be, a BanditRoute. */
struct document {
    char *namespace; /* NULL with name NULL: not even that is readable */
    char *name;
    size_t number;            /* in its file, from 1 */
    char *message;            /* what is wrong with it, or NULL */
    struct last_good *object; /* NULL: it never was good */
    uint64_t print;           /* of all in it that counts as a change of the spec */
};

struct manifest {
    char *name; /* of the file, in its folder */
    struct document *documents;
    size_t count;
    char *message;            /* what is wrong with the file as a whole, or NULL */
    int64_t trouble_since_ms; /* monotonic; it is broken or gone since; 0: it is well */
    bool gone;
    struct file_stamp stamp;
    int64_t stamped_ms; /* monotonic: when that was seen first */
    uint64_t print;     /* of the bytes */
    bool unsettled;     /* written so lately that the stamp may not tell the next write */
};

/* True for names that the folder store reads: *.yaml, *.yml, *.json; no hidden files, no
 * statuses. */
bool manifest_is_one(const char *name);

struct manifest *manifest_new(const char *name);
void manifest_free(struct manifest *m);

/* Look at the file again: documents, message or `gone` may be others afterwards. patient:
 * bad news is put off for MANIFEST_GRACE_MS. */
void manifest_look(struct manifest *m, const char *folder, bool patient);

/* True while there is a reason to look again soon though no event comes. */
bool manifest_is_restless(const struct manifest *m);

#endif

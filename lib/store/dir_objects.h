/* SPDX-License-Identifier: Apache-2.0 */
/* dir_objects.h - the objects of a folder, by namespace and name, and what was told of
 * each. Problems that belong to no object have the namespace "" and, as their name, the
 * place: "digits.yaml", or "digits.yaml#2" for its second document. */
#ifndef STORE_DIR_OBJECTS_H
#define STORE_DIR_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/manifest.h"

enum told { TOLD_NOTHING, TOLD_ROUTE, TOLD_INVALID };

struct dir_object {
    char *namespace;
    char *name;

    /* As the newest look found it. */
    uint64_t look;                   /* its number */
    const struct document *document; /* of a manifest; NULL for a problem without one */
    const char *file;
    char *message; /* what is wrong; NULL: all is well */

    /* As it was told. */
    enum told told;
    uint64_t told_print; /* of the document, when it was told last */
    char *told_message;  /* TOLD_INVALID */

    /* Its status file. */
    struct file_stamp status_stamp;
    uint64_t status_print; /* as it was read last */
    bool own;              /* we wrote it: what is there is from us, as nobody else may */
    bool gone;             /* nobody is to write it any more */
};

struct dir_objects {
    struct dir_object **items; /* sorted */
    size_t count;
    size_t room;
};

struct dir_object *dir_objects_find(const struct dir_objects *all, const char *namespace,
                                    const char *name);
/* Find or add. */
struct dir_object *dir_objects_make(struct dir_objects *all, const char *namespace,
                                    const char *name);
/* Drop those that the look with this number did not find. */
void dir_objects_sweep(struct dir_objects *all, uint64_t look);
void dir_objects_clear(struct dir_objects *all);

/* Note what a look, which has a number, found in a file. */
void dir_objects_note(struct dir_objects *all, uint64_t look, const struct manifest *m);

#endif

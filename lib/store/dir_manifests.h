/* SPDX-License-Identifier: Apache-2.0 */
/* dir_manifests.h - the manifests of a folder, sorted by name. */
#ifndef STORE_DIR_MANIFESTS_H
#define STORE_DIR_MANIFESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/manifest.h"

struct dir_manifests {
    struct manifest **items;
    size_t count;
};

/* Read the folder's names and look at each file that is new or changed; see
 * manifest_look(). On failure everything stays as it was. */
bool dir_manifests_look(struct dir_manifests *all, const char *folder, bool patient,
                        struct error *err);

/* Some file is to be looked at again soon. */
bool dir_manifests_restless(const struct dir_manifests *all);

void dir_manifests_clear(struct dir_manifests *all);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* store_dir.h - the folder store: manifests *.yaml, *.yml and *.json of one folder.
 *
 * A file may hold several documents. The status of an object stands beside them in
 * NAMESPACE.NAME.status.json, replaced by atomic rename, so that it survives kill -9. The
 * folder is watched with inotify and looked through whole every so often besides, because
 * inotify may lose events. The generation of an object is its metadata.generation, or,
 * where that is missing, a hash of its spec.
 */
#ifndef STORE_STORE_DIR_H
#define STORE_STORE_DIR_H

#include "store/store.h"

struct store *store_dir_open(const char *folder, struct error *err);

#endif

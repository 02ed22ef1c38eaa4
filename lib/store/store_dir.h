/* SPDX-License-Identifier: Apache-2.0 */
/* store_dir.h - the folder store: manifests *.yaml, *.yml and *.json of one folder.
 *
 * A file may hold several documents; those of other kinds are passed over. The status of
 * an object stands beside them in NAMESPACE.NAME.status.json, replaced by atomic rename,
 * so that it survives kill -9. One process writes statuses, the first that does; others
 * get ERR_CONFLICT. The folder is watched with inotify and looked through whole every ten
 * seconds besides, because inotify may lose events.
 *
 * Editors truncate, write half and rename: a change is read once the folder is quiet for
 * a moment, and a file that is empty, broken or gone counts as that only when it still is
 * half a second later. A file that is not YAML makes its objects invalid, as does an
 * object that is wrong itself: they keep the spec they had. What is wrong without being
 * an object is told as STORE_INVALID with the namespace "" and the place as name:
 * "digits.yaml", or "digits.yaml#2" for its second document. Among these is a second
 * document for an object that is there already: the first, by file name, stays in force.
 *
 * The generation of an object is its metadata.generation, or, where that is missing, a
 * hash of its spec.
 */
#ifndef STORE_STORE_DIR_H
#define STORE_STORE_DIR_H

#include "store/store.h"

struct store *store_dir_open(const char *folder, struct error *err);

#endif

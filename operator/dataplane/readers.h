/* SPDX-License-Identifier: Apache-2.0 */
/* readers.h - who read what: the keys of the routes that a change has to be told to.
 *
 * Once: telling forgets, because who is told reads again, and is remembered again.
 */
#ifndef DATAPLANE_READERS_H
#define DATAPLANE_READERS_H

#include "kube/table.h"

struct readers {
    struct kube_table by_subject;
};

void readers_init(struct readers *r);
void readers_clear(struct readers *r);

void readers_add(struct readers *r, const char *subject, const char *reader);
void readers_remove(struct readers *r, const char *subject, const char *reader);

/* Call fn for each reader of the subject, or of all (subject NULL), and forget them. */
void readers_tell(struct readers *r, const char *subject,
                  void (*fn)(void *arg, const char *reader), void *arg);

#endif

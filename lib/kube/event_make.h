/* SPDX-License-Identifier: Apache-2.0 */
/* event_make.h - what happened, as an Event of events.k8s.io/v1. Pure. */
#ifndef KUBE_EVENT_MAKE_H
#define KUBE_EVENT_MAKE_H

#include "kube/event.h"

/* To be posted; its name ends in `unique`. */
struct json *event_make(const struct kube_events_options *o,
                        const struct kube_event *event, uint64_t unique, int64_t wall_ms);

/* The same for what is one Event with a series. free(). The note is left out: it may hold
 * numbers that differ each time. */
char *event_key(const struct kube_event *event);

#endif

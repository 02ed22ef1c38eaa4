/* SPDX-License-Identifier: Apache-2.0 */
/* events.h - what people should read about a route, as log lines.
 *
 * A warning that stays true comes with every decision: the same words about the same
 * route are logged once in five minutes, with a count of what was left out. Any thread.
 */
#ifndef CONTROLLER_EVENTS_H
#define CONTROLLER_EVENTS_H

#include "core/decide.h"

struct events;

struct events *events_new(void);
void events_free(struct events *e);
DEFINE_FREEP(struct events *, events_free)

struct route_event {
    const char *key; /* "namespace/name" */
    enum core_event_type type;
    const char *reason; /* one word */
    const char *message;
    const char *uid; /* of the object; NULL or "": not known */
};

/* Hand every event on as well, however often it comes. Before the first is told. */
typedef void events_hook_fn(void *arg, const struct route_event *event);
void events_forward(struct events *e, events_hook_fn *hook, void *arg);

/* Warnings are the same when their reasons are, for their words often hold a number that
 * changes; others when their words are, too. */
void events_tell(struct events *e, const struct route_event *event, int64_t mono_ms);

/* The rule alone: true when this event is to be logged; *left_out is then how many were
 * not since the last one. */
bool events_admit(struct events *e, const struct route_event *event, int64_t mono_ms,
                  unsigned *left_out);

#endif

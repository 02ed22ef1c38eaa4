/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - Events for people (events.k8s.io/v1), told in a thread of their own.
 *
 * Nothing depends on them: noting one never waits, and one that cannot be told is
 * dropped, of which the owner is told. Repetitions become a series.
 */
#ifndef KUBE_EVENT_H
#define KUBE_EVENT_H

#include "kube/client.h"

struct kube_event {
    const struct kube_kind *kind; /* what it is about */
    const char *namespace, *name, *uid;
    bool warning;       /* else normal */
    const char *reason; /* one word: "LeaderChanged" */
    const char *action; /* what was done or failed: "Decide" */
    const char *note;   /* a sentence, at most 1 kB of it is kept */
};

/* Why an Event was dropped: too many waited, or the server did not take it. */
enum kube_event_loss { KUBE_EVENT_FULL, KUBE_EVENT_FAILED };

struct kube_events_options {
    struct kube_access *access;
    const char *controller; /* a qualified name: "bandit-router.dev/operator" */
    const char *instance;   /* which of several, at most 128 bytes of it are kept */
    const char *user_agent; /* or NULL */
    kube_report_fn *report; /* or NULL */
    /* One was dropped, while nobody asked to stop; any thread, and it has to be quick; or
     * NULL. */
    void (*dropped)(void *arg, enum kube_event_loss why);
    void *hook_arg;
};

struct kube_events;

/* What the options point to is borrowed until kube_events_stop(). */
struct kube_events *kube_events_start(const struct kube_events_options *options);

/* The texts are copied. Any thread; e NULL: does nothing. */
void kube_events_note(struct kube_events *e, const struct kube_event *event);

/* At once; what was not told yet is not told. */
void kube_events_stop(struct kube_events *e);

#endif

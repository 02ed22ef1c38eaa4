/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - what people should be told: only what changed with this decision. */
#include "core/work.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(struct work *w, enum core_event_type type, enum reason reason,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static void add(struct work *w, enum core_event_type type, enum reason reason,
                const char *format, ...)
{
    /* Nobody is to take for traffic what was only thought. */
    const char *prefix = w->spec->mode == MODE_SHADOW ? "shadow: " : "";
    size_t used = strlen(prefix);
    struct core_event *e;
    va_list args;

    if (w->out->event_count == CORE_EVENTS_MAX)
        return;
    e = &w->out->events[w->out->event_count++];
    e->type = type;
    e->reason = reason;
    memcpy(e->message, prefix, used);
    va_start(args, format);
    (void)vsnprintf(e->message + used, sizeof(e->message) - used, format, args);
    va_end(args);
}

static void add_leader(struct work *w)
{
    int was = w->before->leader;
    int is = w->status->leader;

    if (was == is)
        return;
    if (was == ROUTE_NO_ARM)
        add(w, EVENT_NORMAL, w->out->reason, "%s leads", work_arm_name(w, is));
    else
        add(w, w->out->reason == REASON_LEADER_FAILED ? EVENT_WARNING : EVENT_NORMAL,
            w->out->reason, "%s leads instead of %s", work_arm_name(w, is),
            work_arm_name(w, was));
}

static void add_arm(struct work *w, size_t i)
{
    const char *name = w->spec->arms[i].name;
    enum arm_state was = w->arms[i].was->state;
    enum arm_state is = w->arms[i].now->state;

    if (was == is)
        return;
    switch (is) {
    case ARM_EJECTED:
        add(w, EVENT_WARNING, REASON_ARM_EJECTED, "%s is below a minimum: ejected", name);
        break;
    case ARM_REENTRY:
        add(w, EVENT_NORMAL, REASON_ARM_REENTERED,
            "%s is let back in, with little traffic", name);
        break;
    case ARM_NOT_READY:
        add(w, EVENT_WARNING, REASON_ARM_NOT_READY, "%s has no live backend", name);
        break;
    default:
        if (was != ARM_WARMUP)
            add(w, EVENT_NORMAL, REASON_ARM_REENTERED, "%s takes part again", name);
        break;
    }
}

static void add_verdict(struct work *w)
{
    enum verdict was = w->before->verdict;
    enum verdict is = w->out->verdict;

    if (is == VERDICT_HELD && (was != is || w->before->reason != w->out->reason))
        add(w, EVENT_WARNING, w->out->reason, "held: %.150s", w->status->message);
    else if (is == VERDICT_PINNED && was != is)
        add(w, EVENT_NORMAL, REASON_PIN, "weights are pinned by hand");
    else if (is == VERDICT_FROZEN && was != is)
        add(w, EVENT_NORMAL, REASON_FROZEN, "frozen: weights stay as they are");
    else if (is != was &&
             (was == VERDICT_HELD || was == VERDICT_PINNED || was == VERDICT_FROZEN))
        add(w, EVENT_NORMAL, w->out->reason, "deciding again");
    if (w->out->reason == REASON_FLAPPING && w->before->reason != REASON_FLAPPING)
        add(w, EVENT_WARNING, REASON_FLAPPING,
            "leaders change often, as when reward falls with load: smaller steps");
}

void events_add(struct work *w)
{
    add_leader(w);
    add_verdict(w);
    for (size_t i = 0; i < w->arm_count && w->state_changed; i++)
        add_arm(w, i);
}

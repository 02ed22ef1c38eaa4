/* SPDX-License-Identifier: Apache-2.0 */
/* Which statuses are written, and when. Without a budget (a folder), every one. */
#include <stdlib.h>

#include "controller/job.h"

/* A status that was not taken is written again, without a new decision: one that was
 * overtaken, on top of what the store will have told by then. One that nobody wants any
 * more, because the object is gone, is dropped. */
static bool save(const struct job *j)
{
    struct cache_entry *e = j->entry;
    struct error err;

    e->unsaved = !j->rc->save(j->rc->save_arg, j->route, &err);
    e->write_at_ms = 0;
    if (!e->unsaved) {
        free(e->mark);
        e->mark = j->rc->budget ? status_mark_new(j->route, j->now.mono_ms) : NULL;
        return true;
    }
    operator_metrics_store_error(j->rc->metrics);
    if (err.kind == ERR_NOT_FOUND) {
        e->unsaved = false;
        return true;
    }
    if (err.kind != ERR_CONFLICT)
        job_tell(j, EVENT_WARNING, "StatusNotWritten", err.msg);
    return false;
}

static bool is_due(const struct job *j)
{
    const struct status_mark *mark = j->entry->mark;

    return j->now.mono_ms - status_mark_written_ms(mark) >= j->route->status.max_lag_ms;
}

bool save_decision(struct job *j)
{
    struct write_budget *budget = j->rc->budget;
    struct cache_entry *e = j->entry;

    if (!budget)
        return save(j);
    e->route->status.max_lag_ms =
        write_budget_lag_ms(budget, cache_size(j->rc->cache), j->route->spec.interval_ms);
    if (e->unsaved) /* it has its place in line, or was refused */
        return save_rest(j);
    if (status_mark_differs(e->mark, j->route)) {
        e->unsaved = true;
        e->write_at_ms = write_budget_reserve(budget, j->now.mono_ms);
        return save_rest(j);
    }
    return !is_due(j) || !write_budget_spare(budget, j->now.mono_ms) || save(j);
}

bool save_rest(struct job *j)
{
    const struct cache_entry *e = j->entry;

    return !e->unsaved || j->now.mono_ms < e->write_at_ms || save(j);
}

int64_t save_again_ms(const struct job *j)
{
    return j->entry->unsaved && j->entry->write_at_ms ? j->entry->write_at_ms : INT64_MAX;
}

void save_take_up(struct job *j)
{
    const struct route_status *s = &j->route->status;
    int64_t age_ms = j->now.wall_ms - s->last_decision_ms;

    if (!j->rc->budget || j->entry->mark || s->verdict == VERDICT_NONE)
        return;
    j->entry->mark =
        status_mark_new(j->route, j->now.mono_ms - (age_ms > 0 ? age_ms : 0));
}

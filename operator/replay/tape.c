/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "journal/files.h"
#include "replay/lines.h"
#include "route/route_json.h"
#include "json/yaml.h"

enum { MANIFEST_MAX = 16 << 20 };

static void frame_clear(struct frame *f)
{
    if (f->start)
        route_status_clear(f->start);
    free(STEAL(f->start));
}

void tape_clear(struct tape *t)
{
    for (size_t i = 0; i < t->count; i++)
        frame_clear(&t->frames[i]);
    free(t->frames);
    route_free(t->route);
    *t = (struct tape){.count = 0};
}

/* Room for one more frame, or NULL. */
static struct frame *add_frame(struct tape *t, int64_t time_ms, struct error *err)
{
    struct frame *f;

    if (t->count == FRAMES_MAX) {
        (void)error_set(err, ERR_TOO_BIG,
                        "more than %d decisions: take a shorter range or a longer step",
                        FRAMES_MAX);
        return NULL;
    }
    if (t->count == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->frames = mem_resize(t->frames, t->cap, sizeof(*t->frames));
    }
    f = &t->frames[t->count++];
    *f = (struct frame){.time_ms = time_ms};
    return f;
}

void tape_cut(struct tape *t, int64_t start_ms, int64_t end_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++) {
        if (t->frames[i].time_ms >= start_ms && t->frames[i].time_ms <= end_ms)
            t->frames[kept++] = t->frames[i];
        else
            frame_clear(&t->frames[i]);
    }
    t->count = kept;
}

static bool is_wanted(const char *wanted, const char *namespace, const char *name)
{
    size_t n = strlen(namespace);

    return !wanted || (strncmp(wanted, namespace, n) == 0 && wanted[n] == '/' &&
                       strcmp(wanted + n + 1, name) == 0);
}

/* ---- a journal -----------------------------------------------------------------------
 */

struct journal_reading {
    struct tape *tape;
    const char *wanted;
};

/* A line that brings the whole state: the beginning, a restart, or another spec. Of the
 * latter the earlier decisions are of no use. */
static void take_route(struct tape *t, struct bandit_route *r, struct frame *f)
{
    struct frame own = *f;

    if (t->route && t->route->generation != r->generation) {
        t->count--; /* f itself */
        t->skipped += t->count;
        for (size_t i = 0; i < t->count; i++)
            frame_clear(&t->frames[i]);
        t->count = 1;
        t->frames[0] = own;
        f = &t->frames[0];
    }
    f->start = mem_alloc(1, sizeof(*f->start));
    *f->start = r->status;
    r->status = (struct route_status){.arms = NULL};
    route_free(t->route);
    t->route = r;
}

/* A line that was begun by an operator and is no JSON was cut short. */
static bool is_torn(const char *line, const struct json *j)
{
    return !j && *line == '{';
}

static bool take_line(void *arg, const char *line, size_t n, struct error *err)
{
    struct journal_reading *in = arg;
    struct tape *t = in->tape;
    CLEANUP(json_freep)
    struct json *j = json_parse(line, n, err);
    const char *namespace, *name;
    CLEANUP(entry_clear)
    struct entry e = {.time_ms = 0};
    struct frame *f;

    if (is_torn(line, j)) {
        t->torn++;
        return true;
    }
    if (!j)
        return false;
    if (!entry_key(j, &namespace, &name))
        return error_set(err, ERR_INVALID, "not a decision: no namespace and name");
    if (!is_wanted(in->wanted, namespace, name)) {
        t->skipped++;
        return true;
    }
    if (t->route && (strcmp(t->route->namespace, namespace) != 0 ||
                     strcmp(t->route->name, name) != 0))
        return error_set(err, ERR_INVALID,
                         "decisions of %s/%s and of %s/%.60s: say which with "
                         "--name NAMESPACE/NAME",
                         t->route->namespace, t->route->name, namespace, name);
    if (!entry_read(&e, j, t->route, err))
        return false;
    f = add_frame(t, e.time_ms, err);
    if (!f)
        return false;
    f->recorded = true;
    f->seen = e.seen;
    f->outcome = e.outcome;
    f->before = e.before;
    f->after = e.after;
    if (e.route)
        take_route(t, STEAL(e.route), f);
    return true;
}

bool tape_read_journal(struct tape *t, const char *path, const char *wanted,
                       struct error *err)
{
    struct journal_reading in = {.tape = t, .wanted = wanted};
    CLEANUP(journal_files_close)
    struct journal_files files;

    if (!journal_files_open(&files, path, err))
        return false;
    for (size_t i = 0; i < files.count; i++)
        if (!lines_read_fd(files.items[i].fd, files.items[i].path, take_line, &in, err))
            return false;
    if (!t->count && t->torn)
        return error_set(err, ERR_INVALID, "%s: no line in it is whole", path);
    if (!t->count)
        return error_set(err, ERR_INVALID, "%s: no decision%s%s in it", path,
                         wanted ? " of " : "", wanted ? wanted : "");
    return true;
}

/* ---- a manifest ----------------------------------------------------------------------
 */

struct manifest_reading {
    struct tape *tape;
    const char *wanted;
};

static bool take_document(void *arg, struct json *document, struct error *err)
{
    struct manifest_reading *in = arg;
    CLEANUP(json_freep)
    struct json *owned = document;
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;

    if (!json_count(owned) ||
        strcmp(json_string(json_get(owned, "kind"), ""), ROUTE_KIND) != 0)
        return true;
    r = route_from_json(owned, err);
    if (!r)
        return false;
    if (!is_wanted(in->wanted, r->namespace, r->name))
        return true;
    if (in->tape->route)
        return error_set(err, ERR_INVALID,
                         "several routes: say which with --name NAMESPACE/NAME");
    in->tape->route = STEAL(r);
    return true;
}

bool tape_read_manifest(struct tape *t, const char *path, const char *wanted,
                        struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(MANIFEST_MAX);
    struct manifest_reading in = {.tape = t, .wanted = wanted};

    if (!file_read(path, &text, err))
        return false;
    if (!yaml_parse(buf_str(&text), text.len, take_document, &in, err))
        return error_wrap(err, "%s", path);
    if (!t->route)
        return error_set(err, ERR_INVALID, "%s: no BanditRoute%s%s in it", path,
                         wanted ? " " : "", wanted ? wanted : "");
    return true;
}

/* ---- ranges --------------------------------------------------------------------------
 */

/* Readiness and weights as published. A route that publishes nothing counts as ready. */
static void see_data_plane(const struct tape *t, const struct ranges *r, struct frame *f,
                           int64_t published_by_ms)
{
    f->seen.data_plane_known = true;
    for (size_t i = 0; i < t->route->spec.arm_count; i++) {
        struct arm_observation *a = &f->seen.arms[i];

        a->applied = ranges_published(r, RANGE_APPLIED, i, f->time_ms);
        a->ready = !(ranges_published(r, RANGE_NOT_READY, i, published_by_ms) > 0);
    }
}

static bool add_decision(struct tape *t, const struct ranges *r, int64_t time_ms,
                         struct error *err)
{
    struct frame *f = add_frame(t, time_ms, err);

    if (!f)
        return false;
    ranges_observe(r, time_ms, 0, &f->seen);
    /* The state that a decision found is published with it: half an interval later. */
    see_data_plane(t, r, f, time_ms + t->route->spec.interval_ms / 2);
    return true;
}

bool tape_fill(struct tape *t, const struct ranges *r, int64_t start_ms, int64_t end_ms,
               int64_t step_ms, struct error *err)
{
    size_t count = 0;
    CLEANUP(mem_freep)
    int64_t *times = ranges_decisions(r, &count);
    size_t used = 0;

    for (size_t i = 0; i < count && step_ms <= 0; i++)
        if (times[i] >= start_ms && times[i] <= end_ms) {
            if (!add_decision(t, r, times[i], err))
                return false;
            used++;
        }
    if (used)
        return true;
    if (step_ms <= 0)
        step_ms = t->route->spec.interval_ms;
    for (int64_t at = start_ms; at <= end_ms; at += step_ms)
        if (!add_decision(t, r, at, err))
            return false;
    return t->count || error_set(err, ERR_INVALID, "no moment from start to end");
}

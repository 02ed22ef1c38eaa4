/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/reflector.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "kube/backoff.h"
#include "kube/table.h"
#include "kube/watch.h"

enum {
    WATCH_MIN_S = 300,
    KEY_BYTES_MAX = 1024,
    TOO_SHORT_MS = 1000,
    INTERNAL_ERROR = 500,
    INTERNAL_ERRORS_MAX = 3, /* at one version in a row */
};

/* What was told of an object. */
struct seen {
    uint64_t list;  /* the number of the list, or watch after it, that had it */
    char version[]; /* resourceVersion */
};

struct run {
    const struct reflector *r;
    struct kube_table objects; /* struct seen */
    uint64_t lists;
    bool synced;
    char *version; /* go on from here; NULL: list */
    struct backoff backoff;
    uint64_t chance;
    bool heard; /* this watch has told something */
    int broken; /* watches in a row that met an internal error of the server's */
};

static void step(const struct run *s, enum reflector_step what, const struct error *err)
{
    s->r->step(s->r->arg, what, err);
}

/* ---- objects -------------------------------------------------------------------------
 */

static bool key_of(const struct json *object, struct buf *key, struct error *err)
{
    const struct json *metadata = json_get(object, "metadata");
    const char *name = json_string(json_get(metadata, "name"), "");

    buf_printf(key, "%s/%s", json_string(json_get(metadata, "namespace"), ""), name);
    if (*name && buf_ok(key))
        return true;
    return error_set(err, ERR_INVALID, "an object without a usable name");
}

static void note(struct run *s, const char *key, const char *version)
{
    size_t length = strlen(version) + 1;
    struct seen *seen = mem_alloc(1, sizeof(*seen) + length);

    seen->list = s->lists;
    memcpy(seen->version, version, length);
    kube_table_put(&s->objects, key, seen);
}

static void upsert(struct run *s, const char *key, const struct json *object,
                   const char *version)
{
    note(s, key, version);
    s->r->tell(s->r->arg,
               &(struct reflector_event){REFLECTOR_UPSERT, key, object, version});
}

/* ---- lists ---------------------------------------------------------------------------
 */

static bool take_item(void *arg, const struct json *object, struct error *err)
{
    struct run *s = arg;
    CLEANUP(buf_clear)
    struct buf key = BUF_INIT(KEY_BYTES_MAX);
    const char *version =
        json_string(json_path(object, "metadata", "resourceVersion", NULL), "");
    struct seen *seen;

    if (!key_of(object, &key, err))
        return false;
    seen = kube_table_get(&s->objects, buf_str(&key));
    if (seen && *version && strcmp(seen->version, version) == 0)
        seen->list = s->lists; /* told already */
    else
        upsert(s, buf_str(&key), object, version);
    return true;
}

static void list_anew(void *arg)
{
    struct run *s = arg;

    s->lists++; /* what the list had so far may have gone meanwhile */
}

static bool keep_listed(void *arg, const char *key, void *value)
{
    const struct run *s = arg;
    const struct seen *seen = value;

    if (seen->list == s->lists)
        return true;
    s->r->tell(s->r->arg, &(struct reflector_event){REFLECTOR_DELETE, key, NULL, NULL});
    return false;
}

static bool list(struct run *s, struct error *err)
{
    const struct kube_list what = {
        .ref = s->r->ref,
        .label_selector = s->r->label_selector,
        .limit = s->r->list_limit,
        .item = take_item,
        .restart = list_anew,
        .arg = s,
    };

    s->lists++;
    if (!kube_list(s->r->client, &what, &s->version, err))
        return false;
    kube_table_sweep(&s->objects, keep_listed, s);
    if (!s->synced)
        s->r->tell(s->r->arg, &(struct reflector_event){.type = REFLECTOR_SYNCED});
    s->synced = true;
    return true;
}

/* ---- watches -------------------------------------------------------------------------
 */

/* Told once, however often it is heard. */
static void vanish(struct run *s, const char *key, const struct kube_watch_event *event)
{
    if (!kube_table_get(&s->objects, key))
        return;
    kube_table_remove(&s->objects, key);
    s->r->tell(s->r->arg, &(struct reflector_event){REFLECTOR_DELETE, key, event->object,
                                                    event->version});
}

static bool take_change(void *arg, const struct kube_watch_event *event,
                        struct error *err)
{
    struct run *s = arg;
    CLEANUP(buf_clear)
    struct buf key = BUF_INIT(KEY_BYTES_MAX);

    s->heard = true;
    if (event->type != KUBE_WATCH_BOOKMARK) {
        if (!key_of(event->object, &key, err))
            return false;
        if (event->type == KUBE_WATCH_DELETED)
            vanish(s, buf_str(&key), event);
        else
            upsert(s, buf_str(&key), event->object, event->version);
    }
    free(s->version);
    s->version = mem_strdup(event->version);
    return true;
}

static void begun(void *arg)
{
    step(arg, REFLECTOR_WATCHING, NULL);
}

/* A version from which the server cannot go on, though it may not say so: it forgot it,
 * or it breaks each time at what comes after it, such as an event that it cannot decode.
 * A list leads past that. Where it is busy or away, a list would only be one more. */
static bool leads_nowhere(struct run *s, int refusal, const struct error *err)
{
    s->broken = refusal == INTERNAL_ERROR && !s->heard ? s->broken + 1 : 0;
    if (s->broken == INTERNAL_ERRORS_MAX) {
        s->broken = 0;
        return true;
    }
    return err->kind == ERR_EXPIRED || err->kind == ERR_INVALID ||
           err->kind == ERR_TOO_BIG || err->kind == ERR_NOT_FOUND;
}

/* One watch, and what is to be done after it. False: wait before going on. */
static bool watch(struct run *s, struct error *err)
{
    int64_t least_s = s->r->watch_min_s ? s->r->watch_min_s : WATCH_MIN_S;
    int64_t start_ms = clock_mono_ms();
    CLEANUP(mem_freep)
    char *from = mem_strdup(s->version); /* it moves on during the call */
    int refusal = 0;
    const struct kube_watch what = {
        .ref = s->r->ref,
        .label_selector = s->r->label_selector,
        .version = from,
        /* Different for each, so that all clients of a server do not come back at once.
         */
        .timeout_s =
            least_s + (int64_t)((uint64_t)least_s * backoff_chance(&s->chance) >> 32),
        .begun = begun,
        .fn = take_change,
        .arg = s,
        .refusal = &refusal,
    };
    bool ok;

    s->heard = false;
    ok = kube_watch(s->r->client, &what, err);
    if (ok)
        s->broken = 0;
    else if (leads_nowhere(s, refusal, err))
        free(STEAL(s->version)); /* list */
    if (ok && !s->heard && clock_mono_ms() - start_ms < TOO_SHORT_MS)
        return error_set(err, ERR_IO, "the watch ended at once, without an event");
    return ok;
}

/* ---- for ever ------------------------------------------------------------------------
 */

static bool advance(struct run *s, enum reflector_step *what, struct error *err)
{
    *what = s->version ? REFLECTOR_WATCHED : REFLECTOR_LISTED;
    return s->version ? watch(s, err) : list(s, err);
}

/* An expired version is nobody's fault: the list begins at once, but not twice in a row.
 */
static bool at_once(const struct run *s, enum reflector_step what,
                    const struct error *err)
{
    return what == REFLECTOR_WATCHED && err->kind == ERR_EXPIRED && s->heard;
}

void reflector_run(const struct reflector *r)
{
    struct run s = {
        .r = r,
        .objects = KUBE_TABLE_INIT(free),
        .backoff = {.first_ms = r->backoff_first_ms},
        .chance = ((uint64_t)clock_mono_ns() ^ (uint64_t)getpid() << 32) | 1,
    };

    while (!stop_requested(r->stop)) {
        enum reflector_step what;
        struct error err;
        bool ok = advance(&s, &what, &err);
        int64_t now_ms = clock_mono_ms();

        if (stop_requested(r->stop))
            break;
        step(&s, what, ok ? NULL : &err);
        if (!ok && r->until_absent && what == REFLECTOR_LISTED &&
            err.kind == ERR_NOT_FOUND)
            break;
        if (ok || at_once(&s, what, &err))
            continue;
        (void)stop_wait_ms(r->stop,
                           backoff_next(&s.backoff, now_ms, backoff_chance(&s.chance)));
    }
    kube_table_clear(&s.objects);
    free(s.version);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a listener is told of an object: what the manifest says, with the status beside
 * it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "route/route_json.h"
#include "store/dir_inner.h"
#include "store/last_good.h"
#include "store/status_file.h"

void dir_count(struct store_dir *s, uint64_t *what)
{
    (void)pthread_mutex_lock(&s->lock);
    ++*what;
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- statuses -------------------------------------------------------------------- */

/* Has the file been replaced since it was read last? Reading it is what costs. */
static bool status_moved(struct dir_object *o, const char *path)
{
    struct file_stamp stamp = file_stamp_at(path);

    if (file_stamp_equal(&stamp, &o->status_stamp))
        return false;
    o->status_stamp = stamp;
    return true;
}

/* Of thousands, each written all the time, not even looking is worth a lot. */
static bool is_own(struct store_dir *s, const struct dir_object *o)
{
    bool own;

    (void)pthread_mutex_lock(&s->lock);
    own = o->own;
    (void)pthread_mutex_unlock(&s->lock);
    return own;
}

/* Read the status as it stands; false when it is the one that we know, or our own. */
static bool read_status(struct store_dir *s, struct dir_object *o, const char *path,
                        struct buf *text)
{
    struct error why;
    uint64_t print;
    bool news;

    if (!status_file_read(path, text, &why)) {
        buf_reset(text);
        dir_count(s, &s->counts.list_errors);
    }
    print = hash_bytes(HASH_SEED, buf_str(text), text->len);
    (void)pthread_mutex_lock(&s->lock);
    news = print != o->status_print && !o->own;
    o->status_print = print;
    (void)pthread_mutex_unlock(&s->lock);
    return news;
}

/* ---- telling --------------------------------------------------------------------- */

static void tell(struct store_dir *s, enum store_event_type type,
                 const struct dir_object *o, const struct bandit_route *route)
{
    s->fn(s->arg, &(struct store_event){
                      .type = type,
                      .namespace = o ? o->namespace : NULL,
                      .name = o ? o->name : NULL,
                      .route = route,
                      .message = type == STORE_INVALID ? o->message : NULL,
                  });
}

void dir_tell_synced(struct store_dir *s)
{
    tell(s, STORE_SYNCED, NULL, NULL);
}

/* The object as it is, or was when it was last good, with the status as it stands; NULL
 * for what is no object. */
static struct bandit_route *assemble(const struct dir_object *o, const struct buf *status)
{
    CLEANUP(json_freep)
    struct json *object = NULL;
    CLEANUP(json_freep)
    struct json *j = NULL;
    struct bandit_route *r;
    struct error why;

    object = o->namespace[0] ? last_good_read(o->document->object) : NULL;
    r = object ? route_from_json(object, &why) : NULL;
    if (!r)
        return NULL;
    if (status->len) /* a damaged one is as good as none */
        j = json_parse(buf_str(status), status->len, &why);
    (void)route_status_from_json(r, j, &why);
    return r;
}

static void tell_object(struct store_dir *s, struct dir_object *o,
                        const struct buf *status)
{
    CLEANUP(route_freep)
    struct bandit_route *r = assemble(o, status);

    o->told = o->message ? TOLD_INVALID : TOLD_ROUTE;
    o->told_print = o->document ? o->document->print : 0;
    free(o->told_message);
    o->told_message = o->message ? mem_strdup(o->message) : NULL;
    tell(s, o->message ? STORE_INVALID : STORE_UPSERT, o, r);
}

/* Does the manifest say something else than what was told? */
static bool spec_is_news(const struct dir_object *o)
{
    if (o->told == TOLD_NOTHING || !o->message != !o->told_message)
        return true;
    if (o->message)
        return strcmp(o->message, o->told_message) != 0;
    return o->told_print != o->document->print;
}

/* An object that is gone takes its status along; its writer removes it. */
static void tell_gone(struct store_dir *s, struct dir_object *o)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(PATH_BYTES_MAX);
    bool writer;

    (void)pthread_mutex_lock(&s->lock);
    o->gone = true;
    writer = s->lock_fd >= 0;
    (void)pthread_mutex_unlock(&s->lock);
    status_file_path(&path, s->folder, o->namespace, o->name);
    if (writer && o->namespace[0])
        (void)unlink(buf_str(&path));
    if (o->told != TOLD_NOTHING)
        tell(s, STORE_DELETE, o, NULL);
}

static void tell_if(struct store_dir *s, struct dir_object *o, bool spec_news)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(PATH_BYTES_MAX);
    CLEANUP(buf_clear)
    struct buf status = BUF_INIT(STATUS_SIZE_MAX);
    bool status_news;

    if (!spec_news && is_own(s, o))
        return;
    status_file_path(&path, s->folder, o->namespace, o->name);
    if (!status_moved(o, buf_str(&path)) && !spec_news)
        return;
    status_news = read_status(s, o, buf_str(&path), &status);
    if (spec_news || status_news)
        tell_object(s, o, &status);
}

void dir_tell_changes(struct store_dir *s, struct dir_object *o)
{
    if (o->look == s->looks)
        tell_if(s, o, spec_is_news(o));
    else
        tell_gone(s, o);
}

void dir_tell_status(struct store_dir *s, struct dir_object *o)
{
    tell_if(s, o, false);
}

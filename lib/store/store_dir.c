/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/dir_inner.h"
#include "store/folder_watch.h"
#include "store/status_file.h"

enum {
    LOOK_EVERY_MS = 10000, /* inotify may lose events */
    LOOK_BLIND_MS = 2000,  /* while it cannot be had at all */
    LOOK_SOON_MS = 250,    /* while some file is restless */
    QUIET_MS = 100,        /* no event for so long: the editor is done ... */
    PATIENCE_MS = 1000,    /* ... or takes its time */
    RETRY_MIN_MS = 500,
    RETRY_MAX_MS = 30000,
};

/* ---- looking --------------------------------------------------------------------- */

static bool look(struct store_dir *s)
{
    struct error why;

    if (!dir_manifests_look(&s->manifests, s->folder, s->looks > 0, &why)) {
        dir_count(s, &s->counts.list_errors); /* what we cannot see is not gone */
        return false;
    }
    s->looks++;
    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->manifests.count; i++)
        dir_objects_note(&s->objects, s->looks, s->manifests.items[i]);
    (void)pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->objects.count; i++)
        dir_tell_changes(s, s->objects.items[i]);
    (void)pthread_mutex_lock(&s->lock);
    dir_objects_sweep(&s->objects, s->looks);
    s->counts.list_success++;
    s->counts.last_sync_ms = clock_wall_ms();
    (void)pthread_mutex_unlock(&s->lock);
    if (s->looks == 1)
        dir_tell_synced(s);
    return true;
}

/* A manifest changed: everything is looked at once it is quiet, because which of two
 * documents counts is a matter of all files. */
static void plan_look(struct store_dir *s)
{
    int64_t now = clock_mono_ms();
    int64_t quiet = now + QUIET_MS;
    int64_t latest;

    if (!s->restless_from_ms)
        s->restless_from_ms = now;
    latest = s->restless_from_ms + PATIENCE_MS;
    s->look_at_ms = quiet < latest ? quiet : latest;
}

static void on_name(void *arg, const char *file)
{
    struct store_dir *s = arg;
    char namespace[ROUTE_LABEL_MAX];
    char name[ROUTE_NAME_MAX];
    struct dir_object *o;

    if (status_file_key(file, namespace, name)) { /* one that need not wait */
        o = dir_objects_find(&s->objects, namespace, name);
        if (o)
            dir_tell_status(s, o);
    } else if (manifest_is_one(file) || !strncmp(file, "..", 2)) {
        plan_look(s); /* "..data" is what kubelet swaps beneath a ConfigMap's files */
    }
}

/* ---- watching -------------------------------------------------------------------- */

/* The watch comes before the look, so that nothing falls between. */
static void look_now(struct store_dir *s, struct folder_watch *w, int64_t *retry_ms)
{
    struct error why;
    int64_t pause_ms = LOOK_EVERY_MS;

    if (w->fd < 0)
        dir_count(s, folder_watch_open(w, s->folder, &why) ? &s->counts.watch_success
                                                           : &s->counts.watch_errors);
    s->restless_from_ms = 0;
    if (look(s)) {
        *retry_ms = RETRY_MIN_MS;
        if (dir_manifests_restless(&s->manifests))
            pause_ms = LOOK_SOON_MS;
        else if (w->fd < 0)
            pause_ms = LOOK_BLIND_MS;
    } else {
        folder_watch_close(w); /* of a folder that may be another one by now */
        pause_ms = *retry_ms;
        *retry_ms = 2 * *retry_ms < RETRY_MAX_MS ? 2 * *retry_ms : RETRY_MAX_MS;
    }
    s->look_at_ms = clock_mono_ms() + pause_ms;
}

static bool dir_watch(struct store *store, struct stop *stop, store_event_fn *fn,
                      void *arg, struct error *err)
{
    struct store_dir *s = (struct store_dir *)store;
    struct folder_watch w = {.fd = -1};
    int64_t retry_ms = RETRY_MIN_MS;

    (void)err;
    s->fn = fn;
    s->arg = arg;
    s->look_at_ms = 0;
    while (!stop_requested(stop)) {
        int64_t wait_ms = s->look_at_ms - clock_mono_ms();
        struct error why;

        if (wait_ms <= 0) {
            look_now(s, &w, &retry_ms);
        } else if (!folder_watch_wait(&w, stop, wait_ms, on_name, s, &why)) {
            dir_count(s, &s->counts.watch_errors);
            folder_watch_close(&w);
            s->look_at_ms = 0;
        }
    }
    folder_watch_close(&w);
    return true;
}

/* ---- life ------------------------------------------------------------------------ */

static void dir_stats(struct store *store, struct store_stats *out)
{
    struct store_dir *s = (struct store_dir *)store;

    (void)pthread_mutex_lock(&s->lock);
    *out = s->counts;
    (void)pthread_mutex_unlock(&s->lock);
}

static void dir_free(struct store *store)
{
    struct store_dir *s = (struct store_dir *)store;

    file_closep(&s->lock_fd);
    dir_objects_clear(&s->objects);
    dir_manifests_clear(&s->manifests);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->folder);
    free(s);
}

struct store *store_dir_open(const char *folder, struct error *err)
{
    static const struct store_backend backend = {.watch = dir_watch,
                                                 .write_status = dir_write_status,
                                                 .stats = dir_stats,
                                                 .free = dir_free};
    struct store_dir *s;
    struct stat st;

    if (stat(folder, &st)) {
        (void)error_errno(err, errno, "cannot open the folder %s", folder);
        return NULL;
    }
    if (!S_ISDIR(st.st_mode)) {
        (void)error_set(err, ERR_INVALID, "%s is not a folder", folder);
        return NULL;
    }
    s = mem_alloc(1, sizeof(*s));
    s->store.backend = &backend;
    s->folder = mem_strdup(folder);
    s->lock_fd = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    return &s->store;
}

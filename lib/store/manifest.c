/* SPDX-License-Identifier: Apache-2.0 */
#include "store/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "route/route_json.h"
#include "store/last_good.h"
#include "store/status_file.h"
#include "json/yaml.h"

enum {
    MANIFEST_SIZE_MAX = 4 << 20,
    SETTLED_MS = 1000, /* a stamp this old, or known for so long, tells every later write
                        * apart; its time may be far ahead of ours: of another machine */
};

static bool has_ending(const char *name, const char *ending)
{
    size_t n = strlen(name);
    size_t e = strlen(ending);

    return n > e && !strcmp(name + n - e, ending);
}

bool manifest_is_one(const char *name)
{
    return name[0] != '.' && !has_ending(name, STATUS_ENDING) &&
           (has_ending(name, ".yaml") || has_ending(name, ".yml") ||
            has_ending(name, ".json"));
}

/* ---- documents ------------------------------------------------------------------- */

struct documents {
    struct document *items;
    size_t count;
    size_t seen; /* those of other kinds included */
};

static void documents_clear(struct documents *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->items[i].namespace);
        free(d->items[i].name);
        free(d->items[i].message);
        free(d->items[i].object);
    }
    free(d->items);
    *d = (struct documents){.items = NULL};
}

/* A folder may hold other objects too; those that claim to be ours are checked. */
static bool is_ours(const struct json *j)
{
    static const char group[] = "bandit-router.dev/";

    return !strcmp(json_string(json_get(j, "kind"), ""), ROUTE_KIND) ||
           text_starts_with(json_string(json_get(j, "apiVersion"), ""), group);
}

/* A change of any of this is another spec. A generation that nobody gave is made of it,
 * and noted in the text. */
static void take_object(struct document *d, struct bandit_route *r, const struct json *j)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    CLEANUP(json_freep)
    struct json *spec = route_spec_to_json(&r->spec);
    CLEANUP(json_freep)
    struct json *object = json_new_object();
    struct json *metadata = json_copy(json_get(j, "metadata"));

    json_write(spec, &text);
    if (!r->generation)
        r->generation =
            (int64_t)(hash_bytes(HASH_SEED, buf_str(&text), text.len) >> 11) | 1;
    buf_printf(&text, "%lld %d %s", (long long)r->generation, r->deleting, r->uid);
    d->print = hash_bytes(HASH_SEED, buf_str(&text), text.len);

    json_remove(metadata, "managedFields");
    json_remove(metadata, "annotations");
    json_remove(metadata, "labels");
    json_put_number(metadata, "generation", (double)r->generation);
    json_put_string(object, "apiVersion", ROUTE_API_VERSION);
    json_put_string(object, "kind", ROUTE_KIND);
    json_put(object, "metadata", metadata);
    json_put(object, "spec", json_copy(json_get(j, "spec")));
    d->object = last_good_new(object);
}

/* The key of an object that is wrong otherwise, where that much of it is right. */
static void take_key(struct document *d, const struct json *j)
{
    const char *name = json_string(json_path(j, "metadata", "name", NULL), "");
    const char *namespace =
        json_string(json_path(j, "metadata", "namespace", NULL), "default");

    if (!text_is_dns_name(name) || !text_is_dns_label(namespace))
        return;
    d->name = mem_strdup(name);
    d->namespace = mem_strdup(namespace);
}

static bool add_document(void *arg, struct json *document, struct error *err)
{
    CLEANUP(json_freep)
    struct json *j = document;
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct documents *all = arg;
    struct document d = {.number = ++all->seen};
    struct error why;

    (void)err;
    if (!is_ours(j))
        return true;
    r = route_from_json(j, &why);
    if (r)
        take_object(&d, r, j);
    else
        d.message = mem_strdup(why.msg);
    take_key(&d, j);
    all->items = mem_resize(all->items, all->count + 1, sizeof(*all->items));
    all->items[all->count++] = d;
    return true;
}

/* An object that was good once stays known as it was then. */
static void inherit(struct document *d, const struct manifest *m)
{
    if (d->object || !d->name)
        return;
    for (size_t i = 0; i < m->count; i++) {
        struct document *old = &m->documents[i];

        if (!old->object || strcmp(old->name, d->name) != 0 ||
            strcmp(old->namespace, d->namespace) != 0)
            continue;
        d->object = STEAL(old->object);
        d->print = old->print;
        return;
    }
}

/* ---- the file -------------------------------------------------------------------- */

struct manifest *manifest_new(const char *name)
{
    struct manifest *m = mem_alloc(1, sizeof(*m));

    m->name = mem_strdup(name);
    return m;
}

static void replace_documents(struct manifest *m, const struct documents *by)
{
    struct documents old = {.items = m->documents, .count = m->count};

    for (size_t i = 0; i < by->count; i++)
        inherit(&by->items[i], m);
    documents_clear(&old);
    m->documents = by->items;
    m->count = by->count;
}

void manifest_free(struct manifest *m)
{
    if (!m)
        return;
    replace_documents(m, &(struct documents){.items = NULL});
    free(m->message);
    free(m->name);
    free(m);
}

/* Is it time to believe that something is wrong? */
static bool believe(struct manifest *m, bool patient)
{
    int64_t now = clock_mono_ms();

    if (!m->trouble_since_ms)
        m->trouble_since_ms = now;
    return !patient || now - m->trouble_since_ms >= MANIFEST_GRACE_MS;
}

/* Objects that were there stay as they were; the file is at fault. */
static void trouble(struct manifest *m, const char *message, bool patient)
{
    if (!believe(m, patient))
        return;
    free(m->message);
    m->message = mem_strdup(message);
}

static void take_documents(struct manifest *m, struct documents *found, bool patient)
{
    if (!found->count && m->count && !believe(m, patient))
        return;
    replace_documents(m, found);
    *found = (struct documents){.items = NULL};
    free(m->message);
    m->message = NULL;
    m->trouble_since_ms = 0;
}

/* Read the bytes, and what is in them unless they are the bytes we know. */
static void read_again(struct manifest *m, const char *path, bool patient)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(MANIFEST_SIZE_MAX);
    CLEANUP(documents_clear)
    struct documents found = {.items = NULL};
    struct error why;
    uint64_t print;

    if (!file_read(path, &text, &why)) {
        trouble(m, why.msg, patient);
        return;
    }
    print = hash_bytes(HASH_SEED, buf_str(&text), text.len);
    if (print == m->print && !m->trouble_since_ms)
        return;
    m->print = print;
    if (yaml_parse(buf_str(&text), text.len, add_document, &found, &why))
        take_documents(m, &found, patient);
    else
        trouble(m, why.msg, patient);
}

void manifest_look(struct manifest *m, const char *folder, bool patient)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(8192);
    struct file_stamp stamp;
    struct stat st;
    bool same;

    buf_printf(&path, "%s/%s", folder, m->name);
    if (stat(buf_str(&path), &st)) {
        struct error why;

        (void)error_errno(&why, errno, "cannot look at %s", buf_str(&path));
        if (why.kind == ERR_NOT_FOUND)
            m->gone = believe(m, patient);
        else
            trouble(m, why.msg, patient);
        return;
    }
    if (!S_ISREG(st.st_mode)) { /* reading a pipe would wait for ever */
        m->gone = believe(m, patient);
        return;
    }
    stamp = file_stamp_of(&st);
    same = file_stamp_equal(&stamp, &m->stamp);
    if (same && !m->unsettled && !m->trouble_since_ms)
        return;
    if (!same)
        m->stamped_ms = clock_mono_ms();
    m->stamp = stamp;
    m->unsettled = clock_wall_ms() - stamp.modified_ns / 1000000 < SETTLED_MS &&
                   clock_mono_ms() - m->stamped_ms < SETTLED_MS;
    read_again(m, buf_str(&path), patient);
}

bool manifest_is_restless(const struct manifest *m)
{
    return m->unsettled || (m->trouble_since_ms && !m->message);
}

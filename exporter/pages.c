/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/pages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/phrases.h"

enum { PAGE_MAX = 1024 * 1024 * 1024, WHOLE_MAX = 2 * 1024 * 1024 };

struct pages {
    struct fleet *fleet;
    pthread_mutex_t lock; /* over all below; held while compressing what is kept there */
    struct blob **cells;  /* [group * FAMILY_COUNT + family]; NULL: no text */
    size_t groups;
    struct blob *headers[EXPOSITION_COUNT][FAMILY_COUNT];
    struct page *kept[EXPOSITION_COUNT]; /* compressed, of everything */
};

struct pages *pages_new(struct fleet *fleet)
{
    struct pages *p = mem_alloc(1, sizeof(*p));

    p->fleet = fleet;
    (void)pthread_mutex_init(&p->lock, NULL);
    for (size_t e = 0; e < EXPOSITION_COUNT; e++)
        for (size_t i = 0; i < FAMILY_COUNT; i++)
            p->headers[e][i] = blob_new(phrases_get()->headers[e][i]);
    return p;
}

void pages_free(struct pages *p)
{
    if (!p)
        return;
    for (size_t e = 0; e < EXPOSITION_COUNT; e++) {
        page_unref(p->kept[e]);
        for (size_t i = 0; i < FAMILY_COUNT; i++)
            blob_unref(p->headers[e][i]);
    }
    for (size_t i = 0; i < p->groups * FAMILY_COUNT; i++)
        blob_unref(p->cells[i]);
    free(p->cells);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

/* So small that it is compressed as one. */
static bool is_small(const struct snapshot *s)
{
    size_t bytes = 0;

    for (size_t i = 0; i < s->count; i++)
        if (s->objects[i])
            bytes += s->objects[i]->start[FAMILY_COUNT];
    return bytes <= WHOLE_MAX;
}

static struct page *page_of_blobs(uint64_t generation, size_t most)
{
    struct page *p = mem_alloc(1, sizeof(*p));

    atomic_init(&p->references, 1);
    p->generation = generation;
    p->slices = mem_alloc(most, sizeof(struct httpd_slice));
    p->blobs = mem_alloc(most, sizeof(struct blob *));
    return p;
}

/* Takes the reference; NULL is fine. */
static void add_blob(struct page *p, struct blob *b)
{
    if (!b)
        return;
    p->blobs[p->blob_count++] = b;
    p->slices[p->count++] = (struct httpd_slice){b->bytes, b->len};
    gzip_sum_add(&p->sum, &b->sum);
}

static struct page *compress_whole(const struct snapshot *s, enum exposition e,
                                   const struct page_filter *filter)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(PAGE_MAX);
    struct page *page = page_of_blobs(s->generation, 1);

    page_text(s, e, filter, &text);
    add_blob(page, blob_new(exposition_text(&text)));
    return page;
}

static struct blob *compress_cell(const struct snapshot *s, size_t group, size_t family,
                                  struct buf *scratch)
{
    size_t end = (group + 1) * FLEET_GROUP;

    buf_reset(scratch);
    for (size_t i = group * FLEET_GROUP; i < end && i < s->count; i++) {
        const char *view;
        size_t len;

        if (!s->objects[i])
            continue;
        view = rendered_view(s->objects[i], family, &len);
        buf_add(scratch, view, len);
    }
    return blob_new(exposition_text(scratch));
}

/* Make the cells again that something changed in. The scratch is for all of them: fresh
 * memory from the kernel costs more than the copying. */
static void update_cells(struct pages *p, struct snapshot *s)
{
    CLEANUP(buf_clear)
    struct buf scratch = BUF_INIT(PAGE_MAX);
    size_t groups;
    uint64_t *changed = fleet_snapshot_changes(p->fleet, s, &groups);

    if (groups > p->groups) {
        size_t had = p->groups * FAMILY_COUNT, need = groups * FAMILY_COUNT;

        p->cells = mem_resize(p->cells, need, sizeof(struct blob *));
        memset(p->cells + had, 0, (need - had) * sizeof(struct blob *));
        p->groups = groups;
    }
    for (size_t g = 0; g < groups; g++)
        for (size_t i = 0; i < FAMILY_COUNT; i++) {
            struct blob **cell = &p->cells[g * FAMILY_COUNT + i];

            if (!(changed[g] >> i & 1))
                continue;
            blob_unref(*cell);
            *cell = compress_cell(s, g, i, &scratch);
        }
    free(changed);
}

static struct page *page_of_cells(struct pages *p, enum exposition e, uint64_t families)
{
    CLEANUP(snapshot_clear)
    struct snapshot s = {0};
    struct page *page;

    update_cells(p, &s);
    page = page_of_blobs(s.generation, FAMILY_COUNT * (p->groups + 1));
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (!(families >> i & 1))
            continue;
        add_blob(page, blob_ref(p->headers[e][i]));
        for (size_t g = 0; g < p->groups; g++)
            add_blob(page, blob_ref(p->cells[g * FAMILY_COUNT + i]));
    }
    return page;
}

/* The page of everything, which all who want it share. Under the lock. */
static struct page *keep_page(struct pages *p, enum exposition e,
                              const struct page_filter *filter)
{
    CLEANUP(snapshot_clear)
    struct snapshot s = {0};

    if (!p->kept[e] || p->kept[e]->generation != fleet_generation(p->fleet)) {
        fleet_snapshot(p->fleet, &s);
        page_unref(p->kept[e]);
        p->kept[e] = is_small(&s) ? compress_whole(&s, e, filter)
                                  : page_of_cells(p, e, filter->families);
    }
    return page_ref(p->kept[e]);
}

/* The lock is held while something is compressed that scrapes share, so that those at the
 * same time share the work, too. What is made for one filter alone keeps nobody waiting.
 */
static struct page *get_gzip(struct pages *p, enum exposition e,
                             const struct page_filter *filter)
{
    bool takes_all = filter_takes_all(filter);
    CLEANUP(snapshot_clear)
    struct snapshot s = {0};
    struct page *page;

    if (!takes_all)
        fleet_snapshot(p->fleet, &s);
    if (!takes_all && (filter->namespace_count || is_small(&s)))
        return compress_whole(&s, e, filter);
    (void)pthread_mutex_lock(&p->lock);
    page = takes_all ? keep_page(p, e, filter) : page_of_cells(p, e, filter->families);
    (void)pthread_mutex_unlock(&p->lock);
    return page;
}

struct page *pages_get(struct pages *p, enum exposition e, bool gzip,
                       const struct page_filter *filter)
{
    CLEANUP(snapshot_clear)
    struct snapshot s = {0};
    struct snapshot passing = {0};

    if (gzip)
        return get_gzip(p, e, filter);
    fleet_snapshot(p->fleet, &s);
    if (!filter->namespace_count)
        return page_of_views(&s, e, filter->families);
    /* Only the objects that pass; their references move. */
    passing.generation = s.generation;
    passing.objects = mem_alloc(s.count, sizeof(struct rendered *));
    for (size_t i = 0; i < s.count; i++)
        if (s.objects[i] && filter_takes(filter, s.objects[i]->summary->namespace))
            passing.objects[passing.count++] = STEAL(s.objects[i]);
    return page_of_views(&passing, e, filter->families);
}

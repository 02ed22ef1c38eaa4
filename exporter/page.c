/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/page.h"

#include <stdlib.h>
#include <string.h>

#include "exporter/phrases.h"

/* ---- filters -------------------------------------------------------------------------
 */

bool filter_takes_all(const struct page_filter *f)
{
    return f->families == FAMILY_ALL && !f->namespace_count;
}

bool filter_takes(const struct page_filter *f, const char *namespace)
{
    const char *at = buf_str(&f->namespaces);

    for (size_t i = 0; i < f->namespace_count; i++) {
        if (!strcmp(at, namespace))
            return true;
        at += strlen(at) + 1;
    }
    return !f->namespace_count;
}

/* ---- blobs ---------------------------------------------------------------------------
 */

struct blob *blob_new(struct exposition_text text)
{
    CLEANUP(buf_clear)
    struct buf packed = BUF_INIT(gzip_bound(text.len));
    struct gzip_sum sum = {0};
    struct blob *b;

    if (!text.len)
        return NULL;
    gzip_piece(&packed, text.at, text.len, &sum);
    b = mem_alloc(1, sizeof(*b) + packed.len);
    atomic_init(&b->references, 1);
    b->sum = sum;
    b->len = packed.len;
    memcpy(b->bytes, buf_str(&packed), packed.len);
    return b;
}

struct blob *blob_ref(struct blob *b)
{
    if (b)
        (void)atomic_fetch_add_explicit(&b->references, 1, memory_order_relaxed);
    return b;
}

void blob_unref(struct blob *b)
{
    if (b && atomic_fetch_sub(&b->references, 1) == 1)
        free(b);
}

/* ---- pages ---------------------------------------------------------------------------
 */

struct page *page_of_views(struct snapshot *s, enum exposition e, uint64_t families)
{
    struct page *p = mem_alloc(1, sizeof(*p));
    size_t most = FAMILY_COUNT * (s->count + 1);

    atomic_init(&p->references, 1);
    p->generation = s->generation;
    p->snapshot = *s;
    *s = (struct snapshot){0};
    p->slices = mem_alloc(most, sizeof(struct httpd_slice));
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        const struct exposition_text *header = &phrases_get()->headers[e][family];

        if (!(families >> family & 1))
            continue;
        p->slices[p->count++] = (struct httpd_slice){header->at, header->len};
        for (size_t i = 0; i < p->snapshot.count; i++) {
            struct httpd_slice view;

            if (!p->snapshot.objects[i])
                continue;
            view.bytes = rendered_view(p->snapshot.objects[i], family, &view.len);
            if (view.len)
                p->slices[p->count++] = view;
        }
    }
    return p;
}

void page_text(const struct snapshot *s, enum exposition e, const struct page_filter *f,
               struct buf *out)
{
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        const struct exposition_text *header = &phrases_get()->headers[e][family];

        if (!(f->families >> family & 1))
            continue;
        buf_add(out, header->at, header->len);
        for (size_t i = 0; i < s->count; i++) {
            const char *view;
            size_t len;

            if (!s->objects[i] || !filter_takes(f, s->objects[i]->summary->namespace))
                continue;
            view = rendered_view(s->objects[i], family, &len);
            buf_add(out, view, len);
        }
    }
}

struct page *page_ref(struct page *p)
{
    (void)atomic_fetch_add_explicit(&p->references, 1, memory_order_relaxed);
    return p;
}

void page_unref(struct page *p)
{
    if (!p || atomic_fetch_sub(&p->references, 1) != 1)
        return;
    snapshot_clear(&p->snapshot);
    for (size_t i = 0; i < p->blob_count; i++)
        blob_unref(p->blobs[i]);
    free(p->blobs);
    free(p->slices);
    free(p);
}

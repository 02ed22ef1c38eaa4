/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/scrape.h"

#include <stdlib.h>
#include <string.h>

#include "web/pages.h"

enum { OWN_MAX = 1024 * 1024, NAMESPACES_MAX = 64 * 1024 };

static void add_family(void *arg, const char *name)
{
    struct page_filter *f = arg;
    CLEANUP(buf_clear)
    struct buf sample = BUF_INIT(256);

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        buf_reset(&sample);
        exposition_sample_name(&sample, &object_metrics[i]);
        if (!strcmp(name, buf_str(&sample)) || !strcmp(name, object_metrics[i].name)) {
            f->families |= 1ULL << i;
            return;
        }
    }
    f->unknown_families++;
}

static void add_namespace(void *arg, const char *name)
{
    struct page_filter *f = arg;

    buf_add(&f->namespaces, name, strlen(name) + 1);
    f->namespace_count++;
}

/* False: the answer says what is wrong with the query. */
static bool read_filter(const struct httpd_request *req, struct page_filter *f,
                        struct httpd_response *resp)
{
    httpd_query_each(req, "name[]", add_family, f);
    httpd_query_each(req, "namespace", add_namespace, f);
    if (f->unknown_families || !buf_ok(&f->namespaces)) {
        httpd_response_text(resp, 400,
                            f->unknown_families
                                ? "name[]: there is no family of that name\n"
                                : "namespace: too many\n");
        return false;
    }
    if (!f->families)
        f->families = FAMILY_ALL;
    return true;
}

/* An answer under way: the page between what is made afresh for each answer. */
struct sending {
    struct page *page;
    struct buf head, tail;
    struct httpd_slice slices[];
};

static void sent(void *arg)
{
    struct sending *s = arg;

    page_unref(s->page);
    buf_clear(&s->head);
    buf_clear(&s->tail);
    free(s);
}

static void compress_ends(struct sending *s, const struct buf *tail)
{
    struct gzip_sum sum = s->page->sum;

    gzip_head(&s->head);
    gzip_piece(&s->tail, buf_str(tail), tail->len, &sum);
    gzip_tail(&s->tail, &sum);
}

/* Takes the page. */
static void send_page(struct httpd_response *resp, const struct page_choice *choice,
                      struct page *page, const struct buf *tail)
{
    struct sending *s =
        mem_alloc(1, sizeof(*s) + (page->count + 2) * sizeof(struct httpd_slice));
    size_t n = 0;

    s->page = page;
    buf_init(&s->head, gzip_bound(0));
    buf_init(&s->tail, gzip_bound(tail->len) + tail->len);
    if (choice->gzip)
        compress_ends(s, tail);
    else
        buf_add(&s->tail, buf_str(tail), tail->len);
    if (s->head.len)
        s->slices[n++] = (struct httpd_slice){buf_str(&s->head), s->head.len};
    if (page->count)
        memcpy(s->slices + n, page->slices, page->count * sizeof(struct httpd_slice));
    n += page->count;
    if (s->tail.len)
        s->slices[n++] = (struct httpd_slice){buf_str(&s->tail), s->tail.len};
    page_head(resp, choice);
    resp->slices = s->slices;
    resp->slice_count = n;
    resp->release = sent;
    resp->release_arg = s;
}

void scrape_objects(void *arg, const struct httpd_request *req,
                    struct httpd_response *resp)
{
    const struct scrape *s = arg;
    struct page_choice choice = page_choose(req);
    struct page_filter filter = {.namespaces = BUF_INIT(NAMESPACES_MAX)};
    CLEANUP(buf_clear)
    struct buf tail = BUF_INIT(OWN_MAX);

    if (read_filter(req, &filter, resp)) {
        struct page *page = pages_get(s->pages, choice.format, choice.gzip, &filter);

        if (s->with_own && filter_takes_all(&filter))
            metrics_expose_families(own_registry(s->own), choice.format, &tail);
        exposition_end(choice.format, &tail);
        send_page(resp, &choice, page, &tail);
    }
    buf_clear(&filter.namespaces);
}

void scrape_own(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    const struct scrape *s = arg;
    struct page_choice choice = page_choose(req);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(OWN_MAX);

    metrics_expose(own_registry(s->own), choice.format, &text);
    page_answer(resp, &choice, &text);
}

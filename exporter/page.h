/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the samples of many objects as one page, family by family.
 *
 * A page is a list of slices of text (or of gzip members) that already stand in memory,
 * and keeps them alive. Its end ("# EOF") and the exporter's own metrics are not part of
 * it.
 */
#ifndef EXPORTER_PAGE_H
#define EXPORTER_PAGE_H

#include "exporter/fleet.h"
#include "httpd/httpd.h"
#include "metrics/exposition.h"
#include "web/gzip.h"

/* Which part of everything is wanted. */
struct page_filter {
    uint64_t families;       /* a bit for each */
    struct buf namespaces;   /* NUL-terminated names, one behind the other */
    size_t namespace_count;  /* 0: all */
    size_t unknown_families; /* asked for by a name that there is not */
};

bool filter_takes_all(const struct page_filter *f);
/* Whether objects of this namespace pass. */
bool filter_takes(const struct page_filter *f, const char *namespace);

/* A compressed piece of a page; made once, counted by reference. */
struct blob {
    atomic_uint references;
    struct gzip_sum sum; /* of its text */
    size_t len;
    char bytes[];
};

struct blob *blob_new(struct exposition_text text); /* NULL when it is empty */
struct blob *blob_ref(struct blob *b);              /* NULL is fine */
void blob_unref(struct blob *b);

struct page {
    atomic_uint references;
    uint64_t generation; /* of the fleet */
    struct gzip_sum sum; /* of a compressed page's text */
    struct httpd_slice *slices;
    size_t count;
    struct snapshot snapshot; /* what slices point into, or ... */
    struct blob **blobs;
    size_t blob_count;
};

/* A page of views into the snapshot, which it takes. */
struct page *page_of_views(struct snapshot *s, enum exposition e, uint64_t families);

/* Append the text that passes the filter. */
void page_text(const struct snapshot *s, enum exposition e, const struct page_filter *f,
               struct buf *out);

struct page *page_ref(struct page *p);
void page_unref(struct page *p);

#endif

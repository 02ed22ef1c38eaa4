/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kind.h"

#include <string.h>

static void add_part(struct buf *out, const char *text)
{
    buf_putc(out, '/');
    buf_add_encoded(out, text);
}

void kube_add_api_version(struct buf *out, const struct kube_kind *kind)
{
    if (*kind->group)
        buf_printf(out, "%s/", kind->group);
    buf_puts(out, kind->version);
}

void kube_add_path(struct buf *out, const struct kube_ref *ref)
{
    if (*ref->kind->group) {
        buf_puts(out, "/apis");
        add_part(out, ref->kind->group);
    } else {
        buf_puts(out, "/api");
    }
    add_part(out, ref->kind->version);
    if (ref->kind->namespaced && ref->namespace && *ref->namespace) {
        buf_puts(out, "/namespaces");
        add_part(out, ref->namespace);
    }
    add_part(out, ref->kind->plural);
    if (ref->name)
        add_part(out, ref->name);
    if (ref->subresource)
        add_part(out, ref->subresource);
}

void kube_add_query(struct buf *out, const char *key, const char *value)
{
    buf_putc(out, strchr(buf_str(out), '?') ? '&' : '?');
    buf_puts(out, key);
    buf_putc(out, '=');
    buf_add_encoded(out, value);
}

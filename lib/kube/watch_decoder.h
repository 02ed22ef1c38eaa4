/* SPDX-License-Identifier: Apache-2.0 */
/* watch_decoder.h - the bytes of a watch as events, however they are cut.
 *
 * Pure: one JSON document a line, {"type": ..., "object": ...}; a line may come in many
 * pieces and a piece may hold many lines.
 */
#ifndef KUBE_WATCH_DECODER_H
#define KUBE_WATCH_DECODER_H

#include "base/buf.h"
#include "json/json.h"

enum kube_watch_type {
    KUBE_WATCH_ADDED,
    KUBE_WATCH_MODIFIED,
    KUBE_WATCH_DELETED,  /* the object as it was last */
    KUBE_WATCH_BOOKMARK, /* nothing happened up to its resourceVersion */
};

struct kube_watch_event {
    enum kube_watch_type type;
    const struct json *object; /* borrowed for the call */
    const char *version;       /* its resourceVersion, never "" */
};

/* False stops with its error. */
typedef bool kube_watch_fn(void *arg, const struct kube_watch_event *event,
                           struct error *err);

struct watch_decoder {
    struct buf line; /* one that has not ended yet; its ceiling bounds a line */
    kube_watch_fn *fn;
    void *arg;
    int code; /* of the ERROR event that ended it, as HTTP has them; 0: none did */
};

void watch_decoder_init(struct watch_decoder *d, kube_watch_fn *fn, void *arg);
void watch_decoder_clear(struct watch_decoder *d);

/* An ERROR event fails with the kind of its Status (ERR_EXPIRED: list again); what is no
 * event fails with ERR_INVALID, a line without an end with ERR_TOO_BIG. A decoder that
 * failed takes no more. */
bool watch_decoder_feed(struct watch_decoder *d, const char *bytes, size_t n,
                        struct error *err);

/* The stream is over: false when it was in the middle of an event. */
bool watch_decoder_end(const struct watch_decoder *d, struct error *err);

#endif

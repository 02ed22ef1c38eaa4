/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/watch.h"

#include <stdio.h>

#include "kube/call.h"

enum { PATH_BYTES_MAX = 16 * 1024, REFUSAL_BYTES_MAX = 1 << 20, SLACK_MS = 30000 };

struct stream {
    const struct kube_watch *watch;
    struct watch_decoder decoder;
    struct error why; /* of the decoder, when it failed */
    bool failed;
};

static bool sink(void *arg, const char *bytes, size_t n)
{
    struct stream *s = arg;

    s->failed = !watch_decoder_feed(&s->decoder, bytes, n, &s->why);
    return !s->failed;
}

static void begun(void *arg, int status)
{
    const struct stream *s = arg;

    (void)status;
    if (s->watch->begun)
        s->watch->begun(s->watch->arg);
}

static void add_path(struct buf *path, const struct kube_watch *watch)
{
    char seconds[24];

    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)watch->timeout_s);
    kube_add_path(path, &watch->ref);
    kube_add_query(path, "watch", "1");
    kube_add_query(path, "allowWatchBookmarks", "true");
    kube_add_query(path, "resourceVersion", watch->version);
    kube_add_query(path, "timeoutSeconds", seconds);
    if (watch->label_selector)
        kube_add_query(path, "labelSelector", watch->label_selector);
}

bool kube_watch(struct kube_client *c, const struct kube_watch *watch, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(PATH_BYTES_MAX);
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(REFUSAL_BYTES_MAX);
    struct stream s = {.watch = watch};
    int status = 0;
    bool ok;

    add_path(&path, watch);
    watch_decoder_init(&s.decoder, watch->fn, watch->arg);
    ok = kube_call(c,
                   &(struct kube_call){
                       .method = "GET",
                       .path = buf_str(&path),
                       .sink = sink,
                       .begun = begun,
                       .sink_arg = &s,
                       .timeout_ms = watch->timeout_s * 1000 + SLACK_MS,
                       .status = &status,
                   },
                   &answer, err);
    if (s.failed) {
        *err = s.why;
        (void)error_wrap(err, "watch of %s", watch->ref.kind->plural);
    }
    if (watch->refusal)
        *watch->refusal = status >= 300 ? status : s.decoder.code;
    ok = ok && watch_decoder_end(&s.decoder, err);
    watch_decoder_clear(&s.decoder);
    return ok;
}

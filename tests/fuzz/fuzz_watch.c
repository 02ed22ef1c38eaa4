/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever an API server streams, and however it is cut: the same events, then the same
 * end. The first byte says into what pieces. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "kube/watch_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    size_t events;
    uint64_t print;
};

static void mix(struct heard *h, const char *text)
{
    h->print = hash_text(h->print, text);
}

static bool hear(void *arg, const struct kube_watch_event *event, struct error *err)
{
    struct heard *h = arg;

    (void)err;
    assert(event->type <= KUBE_WATCH_BOOKMARK);
    assert(json_is(event->object, JSON_OBJECT) && *event->version);
    h->events++;
    h->print += (uint64_t)event->type;
    mix(h, event->version);
    return true;
}

static bool decode(const char *bytes, size_t n, size_t piece, struct heard *heard,
                   struct error *err)
{
    struct watch_decoder d;
    bool ok = true;

    watch_decoder_init(&d, hear, heard);
    for (size_t at = 0; ok && at < n; at += piece)
        ok = watch_decoder_feed(&d, bytes + at, piece < n - at ? piece : n - at, err);
    ok = ok && watch_decoder_end(&d, err);
    watch_decoder_clear(&d);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole = {0};
    struct heard cut = {0};
    struct error why = {.msg = ""};
    struct error why_cut = {.msg = ""};
    const char *bytes = (const char *)data + 1;
    bool ok;

    if (size < 2)
        return 0;
    ok = decode(bytes, size - 1, size, &whole, &why);
    assert(decode(bytes, size - 1, data[0] + 1U, &cut, &why_cut) == ok);
    assert(whole.events == cut.events && whole.print == cut.print);
    assert(ok || (why.kind == why_cut.kind && strcmp(why.msg, why_cut.msg) == 0));
    return 0;
}

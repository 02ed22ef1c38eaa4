/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/event_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "kube/lease_record.h"

enum { NOTE_MAX = 1024, WORD_MAX = 128, NAME_MAX_BYTES = 253 };

/* At most max bytes, and no half of a character. */
static void put_short(struct json *object, const char *key, const char *text, size_t max)
{
    size_t n = strlen(text);
    CLEANUP(mem_freep)
    char *cut = NULL;

    if (n > max) {
        n = 0;
        for (size_t step;
             (step = text_utf8_length(text + n, strlen(text + n))) && n + step <= max;)
            n += step;
    }
    cut = mem_strndup(text, n);
    json_put_string(object, key, cut);
}

static struct json *regarding(const struct kube_event *event)
{
    struct json *about = json_new_object();
    CLEANUP(buf_clear)
    struct buf version = BUF_INIT(256);

    kube_add_api_version(&version, event->kind);
    json_put_string(about, "apiVersion", buf_str(&version));
    json_put_string(about, "kind", event->kind->kind);
    json_put_string(about, "namespace", event->namespace);
    json_put_string(about, "name", event->name);
    if (event->uid && *event->uid)
        json_put_string(about, "uid", event->uid);
    return about;
}

/* "<name>.<hex>", and no two of a process alike. */
static struct json *metadata(const struct kube_event *event, uint64_t unique)
{
    struct json *m = json_new_object();
    char name[NAME_MAX_BYTES + 1];

    (void)snprintf(name, sizeof(name), "%.*s.%016" PRIx64, NAME_MAX_BYTES - 17,
                   event->name, unique);
    json_put_string(m, "name", name);
    json_put_string(m, "namespace", event->namespace);
    return m;
}

struct json *event_make(const struct kube_events_options *o,
                        const struct kube_event *event, uint64_t unique, int64_t wall_ms)
{
    struct json *j = json_new_object();
    char time[LEASE_TIME_MAX];

    json_put_string(j, "apiVersion", "events.k8s.io/v1");
    json_put_string(j, "kind", "Event");
    json_put(j, "metadata", metadata(event, unique));
    json_put_string(j, "eventTime", lease_time(wall_ms, time));
    put_short(j, "reportingController", o->controller, WORD_MAX);
    put_short(j, "reportingInstance", o->instance, WORD_MAX);
    put_short(j, "action", event->action, WORD_MAX);
    put_short(j, "reason", event->reason, WORD_MAX);
    json_put_string(j, "type", event->warning ? "Warning" : "Normal");
    put_short(j, "note", event->note, NOTE_MAX);
    json_put(j, "regarding", regarding(event));
    return j;
}

char *event_key(const struct kube_event *event)
{
    struct buf key = BUF_INIT(4096);

    buf_printf(&key, "%d|%s|%s|%s|%s|%s|%s", event->warning, event->reason, event->action,
               event->kind->kind, event->namespace, event->name,
               event->uid ? event->uid : "");
    return buf_take(&key);
}

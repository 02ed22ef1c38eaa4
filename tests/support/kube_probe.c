/* SPDX-License-Identifier: Apache-2.0 */
/* kube_probe - one verb of lib/kube on a BanditRoute, for tests that start it.
 *
 *     kube_probe --kubeconfig FILE VERB [NAME] < BODY
 *
 * Prints what came back, or "KIND: message" of the error. The body is JSON. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/flags.h"
#include "kube/client.h"
#include "kube/event.h"

static const struct kube_kind kind = {"BanditRoute", "bandit-router.dev", "v1alpha1",
                                      "banditroutes", true};

static const char *kubeconfig = "";
static const char *status = "";
static const char *words[2];
static size_t word_count;

/* clang-format off */
static const struct flag flags[] = {
    {.name = "kubeconfig", .kind = FLAG_STRING, .value = &kubeconfig, .argname = "FILE"},
    {.name = "sub", .kind = FLAG_STRING, .value = &status, .argname = "NAME"},
    {.name = NULL},
};
static const struct program program = {
    .name = "kube_probe", .flags = flags, .positional = words, .positional_max = 2,
    .positional_count = &word_count,
};
/* clang-format on */

static void report(void *arg, const char *method, int code)
{
    (void)arg;
    (void)fprintf(stderr, "%s %d\n", method, code);
}

static void warn(void *arg, const char *text)
{
    (void)arg;
    (void)fprintf(stderr, "warning: %s\n", text);
}

static struct json *body(void)
{
    static char text[1 << 20];
    size_t n = fread(text, 1, sizeof(text), stdin);
    struct error err;

    return n ? json_parse(text, n, &err) : NULL;
}

static bool count(void *arg, const struct json *object, struct error *err)
{
    (void)err;
    *(int *)arg += strcmp(json_string(json_get(object, "kind"), ""), kind.kind) == 0;
    return true;
}

static struct json *list(struct kube_client *c, const struct kube_ref *ref,
                         struct error *err)
{
    CLEANUP(mem_freep)
    char *version = NULL;
    int items = 0;
    struct kube_list what = {.ref = *ref, .item = count, .arg = &items, .limit = 3};

    return kube_list(c, &what, &version, err) ? json_new_number(items) : NULL;
}

static struct json *delete (struct kube_client *c, const struct kube_ref *ref,
                            const struct json *options, struct error *err)
{
    const char *version = json_string(json_get(options, "resourceVersion"), NULL);

    return kube_delete(c, ref, version, err) ? json_new_bool(true) : NULL;
}

struct tally {
    atomic_int answers, full, failed;
};

static void count_answer(void *arg, const char *method, int code)
{
    struct tally *t = arg;

    (void)atomic_fetch_add(&t->answers, 1);
    report(NULL, method, code);
}

static void count_dropped(void *arg, enum kube_event_loss why)
{
    struct tally *t = arg;

    (void)atomic_fetch_add(why == KUBE_EVENT_FULL ? &t->full : &t->failed, 1);
}

static struct kube_events *start_events(struct kube_access *access, struct tally *t)
{
    return kube_events_start(&(struct kube_events_options){
        .access = access,
        .controller = "bandit-router.dev/probe",
        .instance = "probe",
        .report = count_answer,
        .dropped = count_dropped,
        .hook_arg = t,
    });
}

static const struct kube_event held = {.kind = &kind,
                                       .namespace = "default",
                                       .name = "digits",
                                       .reason = "Held",
                                       .action = "Decide",
                                       .note = "no data"};

/* The same Event three times, and another; until what is told of them was answered, or
 * all were dropped. */
static struct json *events(struct kube_access *access)
{
    enum { NOTED = 4, TOLD = 3, LIMIT_MS = 60000, STEP_MS = 20 };
    struct stop *clock = stop_new();
    struct tally t = {.answers = 0};
    struct kube_events *e = start_events(access, &t);
    struct kube_event event = held;

    for (int i = 0; i < 3; i++)
        kube_events_note(e, &event);
    event.warning = true;
    kube_events_note(e, &event);
    for (int ms = 0; ms < LIMIT_MS && atomic_load(&t.failed) < NOTED; ms += STEP_MS) {
        (void)stop_wait_ms(clock, STEP_MS);
        if (!atomic_load(&t.failed) && atomic_load(&t.answers) >= TOLD)
            break;
    }
    kube_events_stop(e);
    stop_free(clock);
    return json_new_number(atomic_load(&t.failed));
}

/* Six hundred at once, at a server that does not answer. */
static struct json *flood(struct kube_access *access)
{
    struct tally t = {.answers = 0};
    struct kube_events *e = start_events(access, &t);

    for (int i = 0; i < 600; i++)
        kube_events_note(e, &held);
    kube_events_stop(e);
    return json_new_number(atomic_load(&t.full) + 1000 * atomic_load(&t.failed));
}

static struct json *run(struct kube_client *c, struct kube_access *access,
                        const struct kube_ref *ref, struct error *err)
{
    const char *verb = words[0];
    CLEANUP(json_freep)
    struct json *in = body();

    if (strcmp(verb, "get") == 0)
        return kube_get(c, ref, err);
    if (strcmp(verb, "list") == 0)
        return list(c, ref, err);
    if (strcmp(verb, "create") == 0)
        return kube_create(c, ref, in, err);
    if (strcmp(verb, "replace") == 0)
        return kube_replace(c, ref, in, err);
    if (strcmp(verb, "apply") == 0)
        return kube_apply(c, ref, in, "probe", true, err);
    if (strcmp(verb, "merge") == 0)
        return kube_patch(c, ref, KUBE_MERGE_PATCH, in, err);
    if (strcmp(verb, "patch") == 0)
        return kube_patch(c, ref, KUBE_JSON_PATCH, in, err);
    if (strcmp(verb, "delete") == 0)
        return delete (c, ref, in, err);
    return strcmp(verb, "flood") == 0 ? flood(access) : events(access);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"INVALID", "NOT_FOUND", "CONFLICT", "EXPIRED",
                                        "TOO_BIG", "TIMEOUT",   "CANCELED", "IO"};
    CLEANUP(kube_access_freep)
    struct kube_access *access = NULL;
    CLEANUP(kube_client_freep)
    struct kube_client *c = NULL;
    CLEANUP(json_freep)
    struct json *out = NULL;
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    struct kube_ref ref = {.kind = &kind, .namespace = "default"};
    struct error err;

    if (flags_main(&program, argc, argv) >= 0 || !word_count)
        return 2;
    access = kube_access_open(kubeconfig, "", &err);
    if (access) {
        c = kube_client_new(&(struct kube_client_options){
            .access = access, .report = report, .warn = warn, .timeout_ms = 60000});
        ref.name = word_count > 1 ? words[1] : NULL;
        ref.subresource = *status ? status : NULL;
        out = run(c, access, &ref, &err);
    }
    if (out)
        json_write(out, &text);
    else
        buf_printf(&text, "%s: %s", kinds[err.kind], err.msg);
    (void)puts(buf_str(&text));
    return out ? 0 : 1;
}

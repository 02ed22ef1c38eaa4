/* SPDX-License-Identifier: Apache-2.0 */
/* List and watch, torn at every place: whatever is cut off, refused or told twice, what
 * the listener knows in the end is what there is. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "kube/reflector.h"
#include "support/torn_server.h"

enum { NAMES = 5, PATIENCE_MS = 60000 };

static const struct kube_kind kind = {"X", "example.com", "v1", "xs", true};

/* What the listener knows. */
struct listener {
    struct stop *stop;
    int64_t began_ms;
    bool synced;
    char versions[NAMES][16]; /* of "a" to "e"; "": not there */
    const char *wrong;
};

static void check(struct listener *l)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1024);

    for (int i = 0; i < NAMES; i++)
        if (l->versions[i][0])
            buf_printf(&text, "%c=%s;", 'a' + i, l->versions[i]);
    if (l->synced && strcmp(buf_str(&text), torn_truth) == 0)
        stop_request(l->stop);
}

static void hear(void *arg, const struct reflector_event *event)
{
    struct listener *l = arg;
    char *version;

    if (event->type == REFLECTOR_SYNCED) {
        l->wrong = l->synced ? "synced twice" : l->wrong;
        l->synced = true;
        check(l);
        return;
    }
    version = l->versions[event->key[strlen("n/")] - 'a'];
    if (event->type == REFLECTOR_DELETE && !version[0])
        l->wrong = "gone, and was never there";
    (void)snprintf(version, sizeof(l->versions[0]), "%s",
                   event->type == REFLECTOR_DELETE ? "" : event->version);
    check(l);
}

static void step(void *arg, enum reflector_step what, const struct error *err)
{
    struct listener *l = arg;

    (void)what;
    (void)err;
    if (clock_mono_ms() - l->began_ms > PATIENCE_MS) {
        l->wrong = "it does not converge";
        stop_request(l->stop);
    }
}

/* A kubeconfig that leads to the port. */
static struct kube_access *access_to(uint16_t port)
{
    char path[] = "/tmp/torture-XXXXXX";
    struct error err;
    struct kube_access *access;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    (void)dprintf(fd,
                  "{apiVersion: v1, kind: Config, current-context: t, "
                  "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:%u'}}], "
                  "users: [{name: u, user: {}}], "
                  "contexts: [{name: t, context: {cluster: c, user: u}}]}\n",
                  port);
    (void)close(fd);
    access = kube_access_open(path, "", &err);
    (void)unlink(path);
    if (!access)
        fail_msg("%s", err.msg);
    return access;
}

/* True when the fault was met. */
static bool play(enum torn_fault fault, unsigned long at)
{
    struct torn_server *server = torn_server_start(fault, at);
    CLEANUP(kube_access_freep)
    struct kube_access *access = access_to(torn_server_port(server));
    struct listener l = {.stop = stop_new(), .began_ms = clock_mono_ms()};
    struct kube_client *client = kube_client_new(&(struct kube_client_options){
        .access = access,
        .stop = l.stop,
        .timeout_ms = fault == TORN_SILENCE ? 200 : 0,
        .patience_ms = -1,
    });
    bool met;

    reflector_run(&(struct reflector){
        .client = client,
        .stop = l.stop,
        .ref = {.kind = &kind},
        .watch_min_s = fault == TORN_SILENCE ? 1 : 0,
        .backoff_first_ms = 1,
        .list_limit = 2,
        .tell = hear,
        .step = step,
        .arg = &l,
    });
    met = torn_server_met(server);
    kube_client_free(client);
    torn_server_stop(server);
    stop_free(l.stop);
    if (l.wrong)
        fail_msg("fault %d at %lu: %s", (int)fault, at, l.wrong);
    return met;
}

/* The fault at every place, until there is none that far. */
static unsigned long everywhere(enum torn_fault fault, unsigned long stride)
{
    unsigned long at = 0;

    while (play(fault, at))
        at += stride;
    return at;
}

static void cut_after_every_byte(void **state)
{
    (void)state;
    assert_true(everywhere(TORN_CLOSE, 1) > 1000);
    assert_true(everywhere(TORN_RESET, 1) > 1000);
}

/* In the middle of a list; how long a watch may be silent is another matter. */
static void silent_within_a_list(void **state)
{
    (void)state;
    for (unsigned long at = 0; at < 400; at += 40)
        assert_true(play(TORN_SILENCE, at));
}

static void refused_at_every_request(void **state)
{
    (void)state;
    assert_int_equal(everywhere(TORN_500, 1), 3); /* two pages and a watch */
    assert_int_equal(everywhere(TORN_410, 1), 3);
    assert_int_equal(everywhere(TORN_NOT_JSON, 1), 3);
}

static void wrong_at_every_event(void **state)
{
    (void)state;
    assert_int_equal(everywhere(TORN_EVENT_410, 1), 8);
    assert_int_equal(everywhere(TORN_EVENT_500, 1), 8);
    assert_int_equal(everywhere(TORN_EVENT_TWICE, 1), 8);
    assert_int_equal(everywhere(TORN_NO_BOOKMARK, 1), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_after_every_byte),
        cmocka_unit_test(silent_within_a_list),
        cmocka_unit_test(refused_at_every_request),
        cmocka_unit_test(wrong_at_every_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

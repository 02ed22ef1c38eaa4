/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "kube/client.h"
#include "support/scripted_server.h"

enum { LONG_MS = 60000 }; /* until a machine is given up */

#define BODY "Content-Length: 2\r\n\r\n{}"

static const struct script rows[] = {
    {.path = "/api/v1/nodes/busy",
     .bytes = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n" BODY,
     .delay_ms = 1000},
    {.path = "/api/v1/nodes/busier",
     .bytes = "HTTP/1.1 429 Too many\r\nRetry-After: 20\r\n" BODY},
    {.path = "/api/v1/nodes/silent", .bytes = "", .end = SCRIPT_HANG},
    {.path = "/api/v1/nodes/warns",
     .bytes = "HTTP/1.1 200 OK\r\nWarning: 299 - \"one \\\"1\\\"\"\r\n"
              "Warning: 299 - \"two\"\r\nX: y\r\nwarning: 299 - three\r\n" BODY},
    {.path = NULL                  },
};

static const struct kube_kind node = {"Node", "", "v1", "nodes", false};

struct world {
    struct scripted_server *server;
    struct kube_access *access;
    struct stop *drain;
    struct kube_client *client;
    char warnings[256];
};

static void warn(void *arg, const char *text)
{
    struct world *w = arg;
    size_t n = strlen(w->warnings);

    (void)snprintf(w->warnings + n, sizeof(w->warnings) - n, "%s;", text);
}

static void begin(struct world *w, int64_t patience_ms)
{
    struct kube_config config = {.server = mem_alloc(64, 1)};

    *w = (struct world){.server = scripted_server_start(rows), .drain = stop_new()};
    (void)snprintf(config.server, 64, "http://127.0.0.1:%u",
                   scripted_server_port(w->server));
    w->access = kube_access_new(&config);
    w->client = kube_client_new(&(struct kube_client_options){
        .access = w->access,
        .drain = w->drain,
        .patience_ms = patience_ms,
        .warn = warn,
        .hook_arg = w,
    });
}

static void end(struct world *w)
{
    kube_client_free(w->client);
    kube_access_free(w->access);
    stop_free(w->drain);
    scripted_server_stop(w->server);
}

static bool get(struct world *w, const char *name, struct error *err)
{
    const struct kube_ref ref = {.kind = &node, .name = name};
    struct json *object = kube_get(w->client, &ref, err);
    bool ok = object != NULL;

    json_free(object);
    return ok;
}

/* Each answer takes a second, and then it wants another one: that counts, too. */
static void repetitions_begin_within_the_patience(void **state)
{
    struct world w;
    struct error err;

    (void)state;
    begin(&w, 2900);
    assert_false(get(&w, "busy", &err));
    assert_non_null(strstr(err.msg, "503"));
    assert_in_range(scripted_server_requests(w.server), 1, 2); /* 2, if it is not slow */
    end(&w);
}

static void *ask_to_hurry(void *drain)
{
    (void)usleep(300000);
    stop_request(drain);
    return NULL;
}

/* Neither what the server asks to wait for, nor what it does not answer. */
static void at_the_end_nothing_is_waited_for(void **state)
{
    static const char *const names[] = {"busier", "silent"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct world w;
        int64_t start_ms = clock_mono_ms();
        struct error err;
        pthread_t thread;

        begin(&w, LONG_MS);
        if (i) /* this one is begun afterwards */
            stop_request(w.drain);
        assert_int_equal(pthread_create(&thread, NULL, ask_to_hurry, w.drain), 0);
        assert_false(get(&w, names[i], &err));
        assert_int_equal(scripted_server_requests(w.server), 1);
        assert_true(clock_mono_ms() < start_ms + 20000);
        (void)pthread_join(thread, NULL);
        end(&w);
    }
}

static void each_warning_is_handed_on(void **state)
{
    struct world w;
    struct error err;

    (void)state;
    begin(&w, -1);
    assert_true(get(&w, "warns", &err));
    assert_string_equal(w.warnings, "one \"1\";two;299 - three;");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repetitions_begin_within_the_patience),
        cmocka_unit_test(at_the_end_nothing_is_waited_for),
        cmocka_unit_test(each_warning_is_handed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

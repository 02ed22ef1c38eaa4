/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "kube/access.h"
#include "kube/exec_plugin.h"

/* What a script prints at its end; $token and $until are its own. */
#define ANSWER                                                                         \
    "\ncat <<END\n{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":"       \
    "\"ExecCredential\",\"status\":{\"token\":\"$token\",\"expirationTimestamp\":\"${" \
    "until:-2999-01-01T00:00:00Z}\"}}\nEND\n"

enum { LONG_MS = 60000 }; /* until a machine is given up */

static char folder[] = "/tmp/kube-plugin-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as in our programs */
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* A configuration whose plugin is that script. */
static struct kube_config config_with(const char *script)
{
    char **args = mem_alloc(3, sizeof(char *));

    args[0] = mem_strdup("-c");
    args[1] = mem_strdup(script);
    return (struct kube_config){
        .server = mem_strdup("https://h:6443"),
        .exec = {.command = mem_strdup("sh"),
                 .args = args,
                 .api_version = mem_strdup("client.authentication.k8s.io/v1")},
    };
}

static struct kube_access *access_with(const char *script)
{
    struct kube_config c = config_with(script);

    return kube_access_new(&c);
}

static bool run(const char *script, int64_t timeout_ms, struct stop *stop,
                struct error *err)
{
    struct kube_config c = config_with(script);
    struct exec_credential got = {.token = NULL};
    bool ok = exec_plugin_run(&c, timeout_ms, stop, &got, err);

    exec_credential_clear(&got);
    kube_config_clear(&c);
    return ok;
}

static void how_a_plugin_ended_is_told(void **state)
{
    static const struct {
        const char *script;
        int64_t timeout_ms;
        const char *want; /* part of the error; NULL: fine */
    } rows[] = {
        {"token=t" ANSWER,                          LONG_MS, NULL                       },
        {"exit 7",                                  LONG_MS, "it exited with code 7"    },
        {"kill -TERM $$",                           LONG_MS, "it was ended by signal 15"},
        {"echo hello",                              LONG_MS, "line 1"                   },
        {"exec sleep 1000",                         300,     "did not end within 300 ms"},
        {"token=t" ANSWER "exec >&-\nsleep 1000",   300,     "did not end within 300 ms"},
        {"token=t" ANSWER "sleep 1000 >&- & wait",  300,     "did not end within 300 ms"},
        {"yes",                                     LONG_MS, "larger than"              },
 /* It would survive that if it had inherited how we take it. */
        {"token=t" ANSWER "kill -PIPE $$; sleep 0", LONG_MS, "it was ended by signal 13"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t start_ms = clock_mono_ms();
        struct error err = {.msg = ""};
        bool ok = run(rows[i].script, rows[i].timeout_ms, NULL, &err);

        if (ok != !rows[i].want || (!ok && !strstr(err.msg, rows[i].want)))
            fail_msg("row %zu: %s", i, err.msg);
        assert_true(clock_mono_ms() < start_ms + LONG_MS);
    }
}

static void *ask_to_stop(void *stop)
{
    (void)usleep(200000);
    stop_request(stop);
    return NULL;
}

static void one_that_hangs_is_ended_when_asked_to_stop(void **state)
{
    static const char *const scripts[] = {"sleep 1000", "exec >&-\nsleep 1000"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        struct stop *stop = stop_new();
        int64_t start_ms = clock_mono_ms();
        struct error err;
        pthread_t asker;

        assert_int_equal(pthread_create(&asker, NULL, ask_to_stop, stop), 0);
        assert_false(run(scripts[i], 10 * LONG_MS, stop, &err));
        assert_int_equal(err.kind, ERR_CANCELED);
        assert_true(clock_mono_ms() < start_ms + LONG_MS);
        (void)pthread_join(asker, NULL);
        stop_free(stop);
    }
}

static void a_plugin_is_run_once_until_what_it_gave_expires(void **state)
{
    CLEANUP(kube_access_freep)
    struct kube_access *a = access_with("token=$$" ANSWER);
    CLEANUP(kube_identity_clear)
    struct kube_identity id = {.version = 0};
    struct error err = {.msg = ""};
    char token[64];

    (void)state;
    if (!kube_access_identify(a, &id, NULL, &err))
        fail_msg("%s", err.msg);
    (void)snprintf(token, sizeof(token), "%s", buf_str(&id.bearer)); /* its process */
    assert_true(kube_access_identify(a, &id, NULL, &err));
    assert_string_equal(buf_str(&id.bearer), token);
}

/* The second run hangs until it is told to go on; who asks meanwhile gets what there is,
 * and waits only when that has expired. */
static void nobody_waits_for_a_plugin_while_the_old_token_is_good(void **state)
{
    enum { LIFE_MS = 8000 };
    const int64_t start_ms = clock_mono_ms(), expires_ms = clock_wall_ms() + LIFE_MS;
    char until[CLOCK_TEXT_MAX], script[1024], go[256];
    CLEANUP(kube_identity_clear)
    struct kube_identity id = {.version = 0};
    struct error err = {.msg = ""};
    struct kube_access *a;

    (void)state;
    (void)snprintf(go, sizeof(go), "%s/go", folder);
    (void)snprintf(script, sizeof(script),
                   "cd %s; if mkdir one 2>&-; then token=one until=%s; else token=two; "
                   "for i in $(seq 300); do [ -e go ] || sleep 0.1; done; fi" ANSWER,
                   folder, clock_format(expires_ms, until));
    a = access_with(script);
    assert_true(kube_access_identify(a, &id, NULL, &err));
    assert_string_equal(buf_str(&id.bearer), "one");
    while (clock_mono_ms() < start_ms + LIFE_MS * 4 / 5)
        (void)usleep(10000);
    for (int i = 0; i < 3; i++) { /* the first of them starts it */
        assert_true(kube_access_identify(a, &id, NULL, &err));
        if (clock_wall_ms() < expires_ms) /* else this machine is too slow to tell */
            assert_string_equal(buf_str(&id.bearer), "one");
    }
    assert_true(clock_mono_ms() < start_ms + LONG_MS);
    assert_true(file_write(go, "", 0, 0600, &err));
    while (strcmp(buf_str(&id.bearer), "two") != 0) {
        assert_true(clock_mono_ms() < start_ms + LONG_MS);
        assert_true(kube_access_identify(a, &id, NULL, &err));
        (void)usleep(10000);
    }
    kube_access_free(a);
    (void)unlink(go);
    (void)snprintf(go, sizeof(go), "%s/one", folder);
    assert_int_equal(rmdir(go), 0);
}

struct asker {
    struct kube_access *access;
    struct stop *stop;
    struct error err;
    bool ok;
};

static void *ask(void *arg)
{
    struct asker *k = arg;
    struct kube_identity id = {.version = 0};

    k->ok = kube_access_identify(k->access, &id, k->stop, &k->err);
    kube_identity_clear(&id);
    return NULL;
}

/* Whoever has nothing to show waits, as long as it likes; the plugin ends with the
 * access. */
static void who_waits_for_a_plugin_can_be_stopped(void **state)
{
    enum { ASKERS = 4 };
    struct kube_access *a = access_with("sleep 1000");
    struct asker askers[ASKERS];
    pthread_t threads[ASKERS];
    int64_t start_ms = clock_mono_ms();

    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.access = a, .stop = stop_new()};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    (void)usleep(200000);
    for (size_t i = 0; i < ASKERS; i++) {
        stop_request(askers[i].stop);
        (void)pthread_join(threads[i], NULL);
        assert_false(askers[i].ok);
        assert_int_equal(askers[i].err.kind, ERR_CANCELED);
        stop_free(askers[i].stop);
    }
    kube_access_free(a);
    assert_true(clock_mono_ms() < start_ms + LONG_MS);
}

static void a_plugin_that_fails_is_told_to_all_who_wait(void **state)
{
    enum { ASKERS = 4 };
    CLEANUP(kube_access_freep)
    struct kube_access *a = access_with("sleep 0.5; exit 3");
    struct asker askers[ASKERS];
    pthread_t threads[ASKERS];

    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.access = a};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_false(askers[i].ok);
        assert_non_null(strstr(askers[i].err.msg, "it exited with code 3"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_a_plugin_ended_is_told),
        cmocka_unit_test(one_that_hangs_is_ended_when_asked_to_stop),
        cmocka_unit_test(a_plugin_is_run_once_until_what_it_gave_expires),
        cmocka_unit_test(nobody_waits_for_a_plugin_while_the_old_token_is_good),
        cmocka_unit_test(who_waits_for_a_plugin_can_be_stopped),
        cmocka_unit_test(a_plugin_that_fails_is_told_to_all_who_wait),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

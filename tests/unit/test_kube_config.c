/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "kube/access.h"
#include "kube/exec_plugin.h"

static char folder[] = "/tmp/kube-config-XXXXXX";

static const char *path_of(const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", folder, name);
    return out;
}

static const char *put(const char *name, const char *text, char out[256])
{
    struct error err;

    assert_true(file_write(path_of(name, out), text, strlen(text), 0600, &err));
    return out;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"one", "two", "token", "ca.crt", "namespace"};
    char path[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)unlink(path_of(names[i], path));
    return rmdir(folder);
}

#define FILE_OF(cluster, user)                                    \
    "current-context: x\n"                                        \
    "clusters: [{name: c, cluster: {" cluster "}}]\n"             \
    "users: [{name: u, user: {" user "}}]\n"                      \
    "contexts:\n"                                                 \
    "- {name: x, context: {cluster: c, user: u, namespace: n}}\n" \
    "- {name: nobody, context: {cluster: c}}\n"                   \
    "- {name: broken, context: {cluster: gone}}\n"

#define SERVER "server: 'https://h:6443'"

static void a_kubeconfig_is_read_field_by_field(void **state)
{
    struct kube_config c;
    struct error err;
    char path[256];
    char token[256];

    (void)state;
    (void)put("one",
              FILE_OF("server: 'https://h:6443//', certificate-authority-data: Q0E=, "
                      "tls-server-name: name",
                      "client-certificate: cert.pem, client-key-data: S0VZ, token: t, "
                      "tokenFile: token"),
              path);
    assert_true(kube_config_from_files(&c, path, NULL, &err));
    assert_string_equal(c.server, "https://h:6443");
    assert_string_equal(c.ca_pem, "CA");
    assert_string_equal(c.server_name, "name");
    assert_string_equal(c.key_pem, "KEY");
    assert_string_equal(c.token, "t");
    assert_string_equal(c.token_file, path_of("token", token));
    assert_string_equal(c.namespace, "n");
    assert_non_null(strstr(c.origin, "context x"));
    assert_int_equal(c.cert_file[0], '/'); /* from the folder of the kubeconfig */
    kube_config_clear(&c);
    assert_true(kube_config_from_files(&c, path, "nobody", &err));
    assert_null(c.token);
    assert_string_equal(c.namespace, "default");
    kube_config_clear(&c);
}

static void what_is_wrong_is_named_by_file_and_field(void **state)
{
    /* clang-format off */
    static const struct {
        const char *text, *context, *want;
    } rows[] = {
        {"",                                                 NULL,   "there is no object in it"                                          },
        {                                                                                 "a: [",                                              NULL, "line"                                                                    },
        {                                                                              "{}",                      NULL,                            "current-context is not set"                                                       },
        {                                                            FILE_OF(SERVER,                   ""),                         "other",                                                                                "there is no context \"other\""},
        {                                                           FILE_OF(SERVER,                    ""),                          "broken",                                                                                 "there is no cluster \"gone\""},
        {                                                              FILE_OF("a: b",                 ""),                       NULL,                                                                         "cluster \"c\": server: required"},
        {                                                        FILE_OF("server: h",                       ""),                             NULL,                                                                               "server: expected https://"},
        {                                                        FILE_OF("server: 7",                       ""),                             NULL,                                                "server: expected a string"},
        {FILE_OF("server: 'https://'", ""), NULL, "server: expected https://host:port"},
        {FILE_OF("server: 'https:///'", ""), NULL, "server: expected https://host:port"},
        {FILE_OF("server: 'http://:80'", ""), NULL, "server: expected https://host:port"},
        {                                                                    FILE_OF(SERVER ", certificate-authority-data: '@'",           ""),                 NULL,
         "certificate-authority-data: not base64"},
        {                                                                                                                 FILE_OF(SERVER ", insecure-skip-tls-verify: maybe", ""),       NULL,
         "insecure-skip-tls-verify: expected true or false"},
        {                                               FILE_OF(SERVER ", insecure-skip-tls-verify: true, certificate-authority: x",                                ""),
         NULL,                                                                                             "does not go with"},
        {                        FILE_OF(SERVER,                                  "client-certificate: x"),                                        NULL,                                                                                               "one is missing"},
        {                  FILE_OF(SERVER,                                   "auth-provider: {name: gcp}"),                                         NULL,                                                                                                "auth-provider"},
        { FILE_OF(SERVER,                           "exec: {apiVersion: client.authentication.k8s.io/v1}"),                                 NULL,
         "exec.command: required"},
        {                                                                                                   FILE_OF(SERVER,                                 "exec: {command: x, apiVersion: v9}"),                                       NULL,                                                                                              "exec.apiVersion"},
        {                                                                                                                                                                                FILE_OF(SERVER,
         "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
                 "interactiveMode: Always}"),
         NULL,                                                                                         "exec.interactiveMode"},
        {                      FILE_OF(SERVER,                                        "exec: {command: x, env: [{value: y}], apiVersion: "
                         "client.authentication.k8s.io/v1}"),
         NULL,                                                                                       "exec.env"},
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct kube_config c = {.server = NULL};
        struct error err = {.msg = ""};
        char path[256];

        (void)put("one", rows[i].text, path);
        if (kube_config_from_files(&c, path, rows[i].context, &err))
            fail_msg("row %zu was taken", i);
        if (!strstr(err.msg, rows[i].want) || !strstr(err.msg, path))
            fail_msg("row %zu: %s", i, err.msg);
        assert_null(c.server);
    }
}

static void of_several_files_the_first_to_name_something_wins(void **state)
{
    struct kube_config c;
    struct error err;
    char one[256];
    char two[256];
    char both[600];

    (void)state;
    (void)put("one",
              "clusters: [{name: c, cluster: {server: 'https://first'}}]\n"
              "current-context: ''\n",
              one);
    (void)put("two", FILE_OF("server: 'https://second'", "token: t"), two);
    (void)snprintf(both, sizeof(both), "%s:/nowhere/at/all:%s", one, two);
    assert_true(kube_config_from_files(&c, both, "", &err));
    assert_string_equal(c.server, "https://first");
    assert_string_equal(c.token, "t");
    kube_config_clear(&c);
    assert_false(kube_config_from_files(&c, "/nowhere/at/all", "", &err));
    assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void a_pod_finds_its_server_and_its_token(void **state)
{
    static const struct {
        const char *host, *port, *want;
    } rows[] = {
        {"10.0.0.1",   "443",  "https://10.0.0.1:443"  },
        {"fd00::1",    "6443", "https://[fd00::1]:6443"},
        {"[fd00::1]",  "443",  "https://[fd00::1]:443" },
        {"kubernetes", "443",  "https://kubernetes:443"},
    };
    char path[256];
    struct kube_config c;
    struct error err;

    (void)state;
    (void)unsetenv("KUBERNETES_SERVICE_HOST");
    assert_false(kube_config_in_cluster(&c, folder, &err));
    assert_int_equal(err.kind, ERR_NOT_FOUND);
    (void)put("token", "secret\n", path);
    (void)put("namespace", "team\n", path);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)setenv("KUBERNETES_SERVICE_HOST", rows[i].host, 1);
        (void)setenv("KUBERNETES_SERVICE_PORT", rows[i].port, 1);
        assert_true(kube_config_in_cluster(&c, folder, &err));
        assert_string_equal(c.server, rows[i].want);
        assert_string_equal(c.namespace, "team");
        assert_non_null(c.ca_file);
        kube_config_clear(&c);
    }
    (void)unlink(path_of("token", path));
    assert_false(kube_config_in_cluster(&c, folder, &err));
    (void)unsetenv("KUBERNETES_SERVICE_HOST");
}

static void what_a_plugin_says_is_checked(void **state)
{
/* clang-format off */
#define SAID(status)                                                \
    "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":" \
    "\"ExecCredential\",\"status\":{" status "}}"
    static const struct {
        const char *text, *want; /* part of the error; NULL: fine */
    } rows[] = {
        {SAID("\"token\":\"t\""),                                                  NULL                 },
        {SAID("\"token\":\"t\",\"expirationTimestamp\":\"2026-11-21T12:00:00Z\""), NULL                 },
        {SAID("\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\""),          NULL                 },
        {SAID("\"clientCertificateData\":\"c\""),                                  "come together"      },
        {SAID(""),                                                                 "neither"            },
        {SAID("\"token\":\"t\",\"expirationTimestamp\":\"soon\""),                 "expirationTimestamp"},
        {"{\"kind\":\"ExecCredential\"}",                                          "apiVersion"         },
        {"{}",                                                                     "kind"               },
        {"please log in",                                                          "line 1"             },
    };
    /* clang-format on */
    char version[] = "client.authentication.k8s.io/v1";
    const struct kube_exec exec = {.api_version = version};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct exec_credential c = {.token = NULL};
        struct error err = {.msg = ""};
        bool ok =
            exec_credential_read(&exec, rows[i].text, strlen(rows[i].text), &c, &err);

        if (ok != !rows[i].want || (!ok && !strstr(err.msg, rows[i].want)))
            fail_msg("row %zu: %s", i, err.msg);
        exec_credential_clear(&c);
    }
}

static struct kube_access *access_with(const char *user)
{
    char text[4096];
    char path[256];
    struct kube_config c;
    struct error err;

    (void)snprintf(text, sizeof(text), FILE_OF(SERVER, "%s"), user);
    assert_true(kube_config_from_files(&c, put("one", text, path), NULL, &err));
    return kube_access_new(&c);
}

static void a_token_that_was_refused_is_read_again(void **state)
{
    CLEANUP(kube_access_freep)
    struct kube_access *a = access_with("tokenFile: token");
    CLEANUP(kube_identity_clear)
    struct kube_identity id = {.version = 0};
    char path[256];
    struct error err;
    uint64_t first;

    (void)state;
    (void)unlink(path_of("token", path));
    assert_false(kube_access_identify(a, &id, NULL, &err));
    (void)put("token", " one\r\n", path);
    assert_true(kube_access_identify(a, &id, NULL, &err));
    assert_string_equal(buf_str(&id.bearer), "one");
    first = id.version;
    (void)put("token", "two", path);
    assert_true(kube_access_identify(a, &id, NULL, &err));
    assert_string_equal(buf_str(&id.bearer), "one"); /* read not long ago */
    kube_access_refused(a, first);
    (void)usleep(1100 * 1000); /* a server that refuses all must not make us spin */
    assert_true(kube_access_identify(a, &id, NULL, &err));
    assert_string_equal(buf_str(&id.bearer), "two");
    assert_int_not_equal(id.version, first);
    (void)unlink(path);
    kube_access_refused(a, id.version);
    (void)usleep(1100 * 1000);
    assert_true(
        kube_access_identify(a, &id, NULL, &err)); /* what we have may still be good */
    assert_string_equal(buf_str(&id.bearer), "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kubeconfig_is_read_field_by_field),
        cmocka_unit_test(what_is_wrong_is_named_by_file_and_field),
        cmocka_unit_test(of_several_files_the_first_to_name_something_wins),
        cmocka_unit_test(a_pod_finds_its_server_and_its_token),
        cmocka_unit_test(what_a_plugin_says_is_checked),
        cmocka_unit_test(a_token_that_was_refused_is_read_again),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Kubeconfig files: clusters, users and the contexts that join them, by name. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "kube/base64.h"
#include "kube/config.h"
#include "json/yaml.h"

enum {
    FILE_BYTES_MAX = 4 << 20,
    DATA_BYTES_MAX = 1 << 20,
    PATH_BYTES_MAX = 4096,
    FILES_MAX = 16,
};

struct source {
    char *path;
    struct json *tree;
};

struct sources {
    struct source items[FILES_MAX];
    size_t count;
};

/* A named entry, and the file that it stands in: relative paths start there. */
struct entry {
    const char *path; /* of the file */
    const char *kind, *name;
    const struct json *body;
};

static void sources_clear(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].path);
        json_free(s->items[i].tree);
    }
}

/* ---- files ---------------------------------------------------------------------------
 */

static bool read_source(struct sources *s, const char *path, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(FILE_BYTES_MAX);
    struct source *to = &s->items[s->count];
    struct json *tree;

    if (!file_read(path, &text, err))
        return error_wrap(err, "kubeconfig");
    tree = yaml_parse_one(buf_str(&text), text.len, err);
    if (!tree)
        return error_wrap(err, "kubeconfig %s", path);
    if (!json_is(tree, JSON_OBJECT)) {
        json_free(tree);
        return error_set(err, ERR_INVALID, "kubeconfig %s: there is no object in it",
                         path);
    }
    *to = (struct source){mem_strdup(path), tree};
    s->count++;
    return true;
}

/* A file of several that is not there is passed over, as kubectl does. */
static bool read_sources(struct sources *s, const char *paths, struct error *err)
{
    bool several = strchr(paths, ':') != NULL;

    while (*paths) {
        size_t n = strcspn(paths, ":");
        CLEANUP(mem_freep)
        char *path = mem_strndup(paths, n);

        if (n && s->count == FILES_MAX)
            return error_set(err, ERR_TOO_BIG, "more than %d kubeconfig files",
                             FILES_MAX);
        if (n && !read_source(s, path, err) && !(several && err->kind == ERR_NOT_FOUND))
            return false;
        paths += n + (paths[n] == ':');
    }
    if (!s->count)
        return error_set(err, ERR_NOT_FOUND, "none of the kubeconfig files is there");
    return true;
}

/* clusters, contexts and users are lists of {name, cluster|context|user}. */
static bool find_entry(const struct sources *s, const char *list, const char *kind,
                       const char *name, struct entry *out, struct error *err)
{
    for (size_t i = 0; i < s->count; i++)
        for (const struct json *c = json_first(json_get(s->items[i].tree, list)); c;
             c = json_next(c))
            if (strcmp(json_string(json_get(c, "name"), ""), name) == 0) {
                *out = (struct entry){s->items[i].path, kind, name, json_get(c, kind)};
                return true;
            }
    (void)error_set(err, ERR_INVALID, "kubeconfig %s: there is no %s \"%.100s\"",
                    s->items[0].path, kind, name);
    return false;
}

static const char *current_context(const struct sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const char *name = json_string(json_get(s->items[i].tree, "current-context"), "");

        if (*name)
            return name;
    }
    return "";
}

/* ---- fields --------------------------------------------------------------------------
 */

static bool field_error(const struct entry *e, const char *field, const char *why,
                        struct error *err)
{
    return error_set(err, ERR_INVALID, "kubeconfig %s: %s \"%.100s\": %s: %s", e->path,
                     e->kind, e->name, field, why);
}

static bool read_text(const struct entry *e, const char *field, char **out,
                      struct error *err)
{
    const struct json *value = json_get(e->body, field);

    if (!value || json_is(value, JSON_NULL))
        return true;
    if (!json_is(value, JSON_STRING))
        return field_error(e, field, "expected a string", err);
    if (*json_string(value, ""))
        *out = mem_strdup(json_string(value, ""));
    return true;
}

/* A path counts from the folder of the file that names it. */
static char *resolved(const struct entry *e, const char *path)
{
    struct buf out = BUF_INIT(PATH_BYTES_MAX);
    const char *slash = strrchr(e->path, '/');

    if (*path != '/' && slash)
        buf_add(&out, e->path, (size_t)(slash + 1 - e->path));
    buf_puts(&out, path);
    return buf_take(&out);
}

static bool read_path(const struct entry *e, const char *field, char **out,
                      struct error *err)
{
    CLEANUP(mem_freep)
    char *path = NULL;

    if (!read_text(e, field, &path, err))
        return false;
    if (path)
        *out = resolved(e, path);
    return true;
}

static bool read_data(const struct entry *e, const char *field, char **out,
                      struct error *err)
{
    CLEANUP(mem_freep)
    char *text = NULL;
    CLEANUP(buf_clear)
    struct buf data = BUF_INIT(DATA_BYTES_MAX);
    struct error why;

    if (!read_text(e, field, &text, err))
        return false;
    if (!text)
        return true;
    if (!base64_decode(text, &data, &why))
        return field_error(e, field, why.msg, err);
    if (memchr(buf_str(&data), '\0', data.len))
        return field_error(e, field, "not PEM", err);
    *out = buf_take(&data);
    return true;
}

static bool read_switch(const struct entry *e, const char *field, bool *out,
                        struct error *err)
{
    const struct json *value = json_get(e->body, field);

    if (value && !json_is(value, JSON_BOOL) && !json_is(value, JSON_NULL))
        return field_error(e, field, "expected true or false", err);
    *out = json_bool(value, false);
    return true;
}

/* ---- exec ----------------------------------------------------------------------------
 */

static bool read_args(const struct entry *e, struct kube_exec *out, struct error *err)
{
    const struct json *args = json_get(e->body, "args");
    size_t i = 0;

    out->args = mem_alloc(json_count(args) + 1, sizeof(char *));
    for (const struct json *c = json_first(args); c; c = json_next(c)) {
        if (!json_is(c, JSON_STRING))
            return field_error(e, "exec.args", "expected strings", err);
        out->args[i++] = mem_strdup(json_string(c, ""));
    }
    return true;
}

static bool read_env(const struct entry *e, struct kube_exec *out, struct error *err)
{
    const struct json *env = json_get(e->body, "env");
    size_t i = 0;

    out->env = mem_alloc(json_count(env) + 1, sizeof(char *));
    for (const struct json *c = json_first(env); c; c = json_next(c)) {
        const char *name = json_string(json_get(c, "name"), "");
        struct buf line = BUF_INIT(DATA_BYTES_MAX);

        if (!*name || strchr(name, '='))
            return field_error(e, "exec.env", "expected a list of name and value", err);
        buf_printf(&line, "%s=%s", name, json_string(json_get(c, "value"), ""));
        out->env[i++] = buf_take(&line);
    }
    return true;
}

static const char *const exec_versions[] = {"client.authentication.k8s.io/v1",
                                            "client.authentication.k8s.io/v1beta1", NULL};

static bool read_exec(const struct entry *user, struct kube_exec *out, struct error *err)
{
    const struct json *exec = json_get(user->body, "exec");
    const struct entry e = {user->path, user->kind, user->name, exec};
    CLEANUP(mem_freep)
    char *mode = NULL;
    CLEANUP(mem_freep)
    char *command = NULL;

    if (!exec || json_is(exec, JSON_NULL))
        return true;
    if (!read_text(&e, "command", &command, err) ||
        !read_text(&e, "apiVersion", &out->api_version, err) ||
        !read_text(&e, "installHint", &out->install_hint, err) ||
        !read_text(&e, "interactiveMode", &mode, err) ||
        !read_switch(&e, "provideClusterInfo", &out->provide_cluster_info, err) ||
        !read_args(&e, out, err) || !read_env(&e, out, err))
        return error_wrap(err, "exec");
    if (!command)
        return field_error(&e, "exec.command", "required, but missing", err);
    if (text_index(out->api_version ? out->api_version : "", exec_versions) < 0)
        return field_error(&e, "exec.apiVersion",
                           "expected client.authentication.k8s.io/v1 or v1beta1", err);
    if (mode && strcmp(mode, "Always") == 0)
        return field_error(&e, "exec.interactiveMode",
                           "it needs a terminal, and there is none", err);
    out->command = strchr(command, '/') ? resolved(user, command) : STEAL(command);
    return true;
}

/* ---- entries -------------------------------------------------------------------------
 */

/* A scheme, a host, and no slash at the end: that one is cut off. */
static bool check_server(const struct entry *e, char *server, struct error *err)
{
    static const char *const schemes[] = {"https://", "http://"};
    const char *host = NULL;

    if (!server)
        return field_error(e, "server", "required, but missing", err);
    for (size_t i = 0; i < ARRAY_LEN(schemes) && !host; i++)
        if (text_starts_with(server, schemes[i]))
            host = server + strlen(schemes[i]);
    if (!host || !strcspn(host, "/:?#"))
        return field_error(e, "server", "expected https://host:port", err);
    for (size_t n = strlen(server); server[n - 1] == '/'; n--)
        server[n - 1] = '\0';
    return true;
}

static bool read_cluster(const struct entry *e, struct kube_config *out,
                         struct error *err)
{
    if (!read_text(e, "server", &out->server, err) ||
        !read_path(e, "certificate-authority", &out->ca_file, err) ||
        !read_data(e, "certificate-authority-data", &out->ca_pem, err) ||
        !read_switch(e, "insecure-skip-tls-verify", &out->insecure, err) ||
        !read_text(e, "tls-server-name", &out->server_name, err) ||
        !read_text(e, "proxy-url", &out->proxy_url, err))
        return false;
    if (!check_server(e, out->server, err))
        return false;
    if (out->insecure && (out->ca_file || out->ca_pem))
        return field_error(e, "insecure-skip-tls-verify",
                           "does not go with a certificate authority", err);
    return true;
}

static bool read_user(const struct entry *e, struct kube_config *out, struct error *err)
{
    if (!read_path(e, "client-certificate", &out->cert_file, err) ||
        !read_data(e, "client-certificate-data", &out->cert_pem, err) ||
        !read_path(e, "client-key", &out->key_file, err) ||
        !read_data(e, "client-key-data", &out->key_pem, err) ||
        !read_text(e, "token", &out->token, err) ||
        !read_path(e, "tokenFile", &out->token_file, err) ||
        !read_text(e, "username", &out->user, err) ||
        !read_text(e, "password", &out->password, err) || !read_exec(e, &out->exec, err))
        return false;
    if (!(out->cert_file || out->cert_pem) != !(out->key_file || out->key_pem))
        return field_error(e, "client-certificate",
                           "certificate and key are needed, and one is missing", err);
    if (json_get(e->body, "auth-provider"))
        return field_error(e, "auth-provider", "no longer supported; use exec", err);
    return true;
}

static bool read_context(const struct sources *s, const char *name,
                         struct kube_config *out, struct error *err)
{
    struct entry context;
    struct entry cluster;
    struct entry user;
    const char *user_name;
    struct buf origin = BUF_INIT(PATH_BYTES_MAX);

    if (!find_entry(s, "contexts", "context", name, &context, err) ||
        !find_entry(s, "clusters", "cluster",
                    json_string(json_get(context.body, "cluster"), ""), &cluster, err) ||
        !read_cluster(&cluster, out, err) ||
        !read_text(&context, "namespace", &out->namespace, err))
        return false;
    user_name = json_string(json_get(context.body, "user"), "");
    if (*user_name && (!find_entry(s, "users", "user", user_name, &user, err) ||
                       !read_user(&user, out, err)))
        return false;
    if (!out->namespace)
        out->namespace = mem_strdup("default");
    buf_printf(&origin, "%s, context %s", context.path, name);
    out->origin = buf_take(&origin);
    return true;
}

bool kube_config_from_files(struct kube_config *out, const char *paths,
                            const char *context, struct error *err)
{
    CLEANUP(sources_clear)
    struct sources s = {.count = 0};
    struct kube_config config = {.server = NULL};

    if (!read_sources(&s, paths, err))
        return false;
    if (!context || !*context)
        context = current_context(&s);
    if (!*context)
        return error_set(err, ERR_INVALID,
                         "kubeconfig %s: current-context is not set; name a context",
                         s.items[0].path);
    if (!read_context(&s, context, &config, err)) {
        kube_config_clear(&config);
        return false;
    }
    *out = config;
    return true;
}

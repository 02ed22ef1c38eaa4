/* SPDX-License-Identifier: Apache-2.0 */
/* model-server: answers for one arm of a route with one model. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "server/answer.h"
#include "server/routes.h"
#include "web/web.h"

enum { WATCH_MS = 1000, RANDOM_SECRET = 32, HOUR_MS = 3600000, BODY_DEFAULT = 1 << 20 };

struct settings {
    struct web_flags web;
    const char *model;
    const char *route;
    const char *arm;
    const char *model_name;
    const char *model_version;
    const char *secret_file;
    int64_t feedback_ttl_ms;
    int64_t feedback_capacity;
    int64_t threads;
    int64_t max_batch;
    int64_t max_body;
    int64_t drain_delay_ms;
    int64_t drain_timeout_ms;
    bool allow_faults;
};

/* ---- settings -----------------------------------------------------------------------
 */

static bool check_name(const char *flag, const char *name, struct error *err)
{
    if (text_is_dns_label(name))
        return true;
    return error_set(err, ERR_INVALID,
                     "--%s: \"%.80s\" is not 1 to 63 of a-z, 0-9 and '-'", flag, name);
}

/* What a URL path and a label value can carry without escapes. */
static bool check_version(const char *text, struct error *err)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789._+-";

    if (strlen(text) <= ID_NAME_MAX && !text[strspn(text, fine)])
        return true;
    return error_set(err, ERR_INVALID,
                     "--model-version: \"%.80s\" is not up to %d letters, digits, '.', "
                     "'_', '+', '-'",
                     text, ID_NAME_MAX);
}

static bool check_settings(const struct settings *s, struct error *err)
{
    if (!*s->model)
        return error_set(err, ERR_INVALID, "--model is required");
    return check_name("route", s->route, err) && check_name("arm", s->arm, err) &&
           (!*s->model_name || check_name("model-name", s->model_name, err)) &&
           check_version(s->model_version, err) && web_setup(&s->web, err);
}

static bool read_secret(const char *path, struct buf *secret, struct error *err)
{
    char random[RANDOM_SECRET];

    if (!*path) {
        if (getrandom(random, sizeof(random), 0) != RANDOM_SECRET)
            return error_set(err, ERR_IO, "no random bytes");
        buf_add(secret, random, sizeof(random));
        log_warn(
            "no --secret-file: feedback is taken only by the process that predicted");
        return true;
    }
    if (!file_read(path, secret, err))
        return error_wrap(err, "--secret-file");
    while (secret->len && strchr("\r\n \t", secret->data[secret->len - 1]))
        buf_cut(secret, secret->len - 1);
    if (secret->len < ID_SECRET_MIN)
        return error_set(err, ERR_INVALID,
                         "--secret-file: %s holds %zu bytes, at least %d are needed",
                         path, secret->len, ID_SECRET_MIN);
    return true;
}

static struct server_options options_of(const struct settings *s,
                                        const struct buf *secret)
{
    return (struct server_options){
        .model_path = s->model,
        .who = {.route = s->route,
                .arm = s->arm,
                .model = *s->model_name ? s->model_name : s->route,
                .version = *s->model_version ? s->model_version : NULL},
        .secret = buf_str(secret),
        .secret_len = secret->len,
        .max_batch = (size_t)s->max_batch,
        .max_body = (size_t)s->max_body,
        .feedback_capacity = (size_t)s->feedback_capacity,
        .feedback_ttl_ms = s->feedback_ttl_ms,
        .allow_faults = s->allow_faults,
    };
}

/* ---- running ------------------------------------------------------------------------
 */

static bool is_ready(void *arg, struct buf *why)
{
    if (server_is_ready(arg))
        return true;
    buf_puts(why, "the model is loading, or the server is draining");
    return false;
}

static void log_model(struct server *s)
{
    const struct worker *w = server_worker(s);

    log_info(
        "model loaded", LOG_STR("route", w->served->who.route),
        LOG_STR("arm", w->served->who.arm), LOG_STR("version", w->served->who.version),
        LOG_STR("kind", served_kind(w->served)), LOG_INT("features", w->served->width),
        LOG_INT("classes", w->served->class_count));
}

/* Tells one state of a file from another without reading it. */
struct file_state {
    ino_t inode;
    off_t size;
    struct timespec changed;
};

static struct file_state look_at(const char *path)
{
    struct stat st;
    struct file_state none = {.size = -1};

    if (stat(path, &st))
        return none;
    return (struct file_state){st.st_ino, st.st_size, st.st_mtim};
}

static bool same_state(const struct file_state *a, const struct file_state *b)
{
    return a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

static void reload(struct server *s, struct web *w)
{
    struct error err;
    bool changed;

    if (!web_reload(w, &err))
        log_error("web configuration not reloaded", LOG_STR("error", err.msg));
    if (!server_load(s, &changed, &err))
        log_error("model not reloaded, the old one is kept", LOG_STR("error", err.msg));
    else if (changed)
        log_model(s);
}

/* Until asked to stop. A changed file is taken up when it has been the same for two
 * looks, so that one that is being written in place is left alone. */
static void run(struct server *s, struct web *w, struct file_state loaded)
{
    struct file_state seen = loaded;

    for (;;) {
        int signal_number = stop_wait_signal(WATCH_MS);
        struct file_state now = look_at(s->options.model_path);

        if (signal_number == SIGTERM || signal_number == SIGINT)
            return;
        if (signal_number == SIGHUP ||
            (now.size >= 0 && same_state(&now, &seen) && !same_state(&now, &loaded))) {
            reload(s, w);
            loaded = now;
        }
        seen = now;
    }
}

static bool serve(struct server *s, const struct settings *settings,
                  const struct program *program, struct error *err)
{
    struct httpd_route rows[ROUTES_MAX];
    struct web_options options = {
        .program = program,
        .flags = &settings->web,
        .routes = rows,
        .route_count = routes_make(s, settings->web.telemetry_path, rows),
        .arg = s,
        .ready = is_ready,
        .on_error = answer_on_error,
        .filter = answer_add_headers,
        /* injected latency blocks its thread, so then each connection has one */
        .pool_threads = settings->allow_faults ? 0 : (unsigned)settings->threads,
    };
    struct file_state file = look_at(settings->model); /* a later change is seen */
    struct web *w = web_start(&options, err);
    bool loaded;

    if (!w)
        return false;
    for (size_t i = 0; i < settings->web.listen.count; i++)
        log_info("listening", LOG_STR("address", settings->web.listen.items[i]),
                 LOG_INT("port", web_port(w, i)));
    loaded = server_load(s, NULL, err);
    if (loaded) {
        log_model(s);
        run(s, w, file);
        log_info("draining");
        atomic_store(&s->draining, true);
        (void)stop_wait_signal(settings->drain_delay_ms);
    }
    web_stop(w, loaded ? settings->drain_timeout_ms : 0);
    return loaded;
}

static int fail(const struct program *program, const struct error *err)
{
    (void)fprintf(stderr, "%s: %s\n", program->name, err->msg);
    return 1;
}

/* clang-format off */
#define FLAG_ROWS(s)                                                                       \
    {.name = "model", .kind = FLAG_STRING, .value = &(s).model, .argname = "FILE",         \
     .help = "ONNX model; taken up anew when it changes, and on SIGHUP.",                  \
     .env = "MODEL"},                                                    \
    {.name = "route", .kind = FLAG_STRING, .value = &(s).route, .argname = "NAME",         \
     .help = "The BanditRoute this server is an arm of.", .env = "ROUTE"},                 \
    {.name = "arm", .kind = FLAG_STRING, .value = &(s).arm, .argname = "NAME",             \
     .help = "The arm this server is.", .env = "ARM"},                   \
    {.name = "model-name", .kind = FLAG_STRING, .value = &(s).model_name,                  \
     .argname = "NAME", .help = "Label `model` and name in /v2; the route's name unless "  \
     "given."},                                                                            \
    {.name = "model-version", .kind = FLAG_STRING, .value = &(s).model_version,            \
     .argname = "TEXT", .help = "Label `version`; the start of the file's SHA-256 unless " \
     "given."},                                                                            \
    {.name = "secret-file", .kind = FLAG_STRING, .value = &(s).secret_file,                \
     .argname = "FILE", .help = "Signs prediction ids; the same for all replicas and "     \
     "arms of a route. Random when not given."},                                           \
    {.name = "feedback-ttl", .kind = FLAG_DURATION, .value = &(s).feedback_ttl_ms,         \
     .argname = "DURATION", .help = "How old a prediction may be when its label comes."},  \
    {.name = "feedback-capacity", .kind = FLAG_INT, .value = &(s).feedback_capacity,       \
     .low = 1, .high = 1 << 24, .argname = "N",                                            \
     .help = "Most feedbacks remembered, to refuse repeats."},                             \
    {.name = "threads", .kind = FLAG_INT, .value = &(s).threads, .low = 1, .high = 256,    \
     .argname = "N", .help = "Threads that answer."},                                      \
    {.name = "max-batch", .kind = FLAG_INT, .value = &(s).max_batch, .low = 1,             \
     .high = 100000, .argname = "ROWS", .help = "Most rows of a request."},                \
    {.name = "max-body", .kind = FLAG_INT, .value = &(s).max_body, .low = 1024,            \
     .high = 64 << 20, .argname = "BYTES", .help = "Largest prediction request."},         \
    {.name = "drain-delay", .kind = FLAG_DURATION, .value = &(s).drain_delay_ms,           \
     .argname = "DURATION", .help = "On SIGTERM: answer on with /ready at 503 for so "     \
     "long."},                                                                             \
    {.name = "drain-timeout", .kind = FLAG_DURATION, .value = &(s).drain_timeout_ms,       \
     .argname = "DURATION", .help = "Then wait so long for running requests."},            \
    {.name = "allow-faults", .kind = FLAG_SWITCH, .value = &(s).allow_faults,              \
     .help = "Take POST /faults, and give each connection a thread."}
/* clang-format on */

int main(int argc, char **argv)
{
    static const char *const constant_labels[] = {"route", "arm", "model", "version",
                                                  NULL};
    const struct metric_table tables[] = {server_metric_table, metrics_process_table};
    struct settings settings = {
        .web = WEB_FLAGS_INIT(":8081"),
        .model = "",
        .route = "",
        .arm = "",
        .model_name = "",
        .model_version = "",
        .secret_file = "",
        .feedback_ttl_ms = HOUR_MS,
        .feedback_capacity = 65536,
        .threads = 2,
        .max_batch = 256,
        .max_body = BODY_DEFAULT,
        .drain_delay_ms = 1000,
        .drain_timeout_ms = 10000,
    };
    const struct flag flags[] = {
        FLAG_ROWS(settings), WEB_FLAGS(settings.web), {.name = NULL}};
    const struct program program = {
        .name = "model-server",
        .summary = "Serves one model as one arm of a route.",
        .examples =
            "  model-server --model svm.onnx --route digits --arm svm\n"
            "  curl -d '{\"features\":[5.1,3.5,1.4,0.2]}' localhost:8081/predict\n",
        .flags = flags,
    };
    CLEANUP(buf_clear)
    struct buf secret = BUF_INIT(ID_SECRET_MAX);
    CLEANUP(server_freep)
    struct server *s = NULL;
    struct server_options options;
    struct error err;
    int code;

    stop_block_signals();
    code = flags_main(&program, argc, argv);
    if (code >= 0)
        return code;
    if (settings.web.describe)
        return web_describe(tables, ARRAY_LEN(tables), constant_labels, "ml_server");
    if (!check_settings(&settings, &err) ||
        !read_secret(settings.secret_file, &secret, &err))
        return fail(&program, &err);
    options = options_of(&settings, &secret);
    s = server_new(&options);
    if (!serve(s, &settings, &program, &err))
        return fail(&program, &err);
    return 0;
}

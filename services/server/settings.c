/* SPDX-License-Identifier: Apache-2.0 */
#include "server/settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

enum { RANDOM_SECRET = 32, HOUR_MS = 3600000, BODY_DEFAULT = 1 << 20 };

const struct program settings_program = {
    .name = "model-server",
    .summary = "Serves one model as one arm of a route.",
    .examples = "  model-server --model svm.onnx --route digits --arm svm\n"
                "  curl -d '{\"features\":[5.1,3.5,1.4,0.2]}' localhost:8081/predict\n",
};

static const struct settings defaults = {
    .web = WEB_FLAGS_INIT(":8081"),
    .model = "",
    .route = "",
    .arm = "",
    .tenant = "",
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
           (!*s->tenant || check_name("tenant", s->tenant, err)) &&
           (!*s->model_name || check_name("model-name", s->model_name, err)) &&
           check_version(s->model_version, err) && web_setup(&s->web, err);
}

bool settings_secret(const struct settings *s, struct buf *secret, struct error *err)
{
    const char *path = s->secret_file;
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

struct server_options settings_options(const struct settings *s, const struct buf *secret)
{
    return (struct server_options){
        .model_path = s->model,
        .telemetry_path = s->web.telemetry_path,
        .who = {.route = s->route,
                .arm = s->arm,
                .model = *s->model_name ? s->model_name : s->route,
                .version = *s->model_version ? s->model_version : NULL},
        .tenant = *s->tenant ? s->tenant : NULL,
        .secret = buf_str(secret),
        .secret_len = secret->len,
        .max_batch = (size_t)s->max_batch,
        .max_body = (size_t)s->max_body,
        .feedback_capacity = (size_t)s->feedback_capacity,
        .feedback_ttl_ms = s->feedback_ttl_ms,
        .allow_faults = s->allow_faults,
    };
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
    {.name = "tenant", .kind = FLAG_STRING, .value = &(s).tenant, .argname = "NAME",       \
     .help = "Whose deployment this is, such as its namespace; every answer says so.",     \
     .env = "TENANT"},                                                                     \
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

int settings_read(struct settings *s, int argc, char **argv)
{
    const struct flag flags[] = {FLAG_ROWS(*s), WEB_FLAGS(s->web), {.name = NULL}};
    struct program p = settings_program;
    struct error err;
    int code;

    *s = defaults;
    p.flags = flags;
    code = flags_main(&p, argc, argv);
    if (code >= 0 || s->web.describe || check_settings(s, &err))
        return code;
    (void)fprintf(stderr, "%s: %s\n", p.name, err.msg);
    return 2;
}

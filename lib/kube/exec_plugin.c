/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pipe2(), environ */
#include "kube/exec_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

enum { OUTPUT_BYTES_MAX = 1 << 20, LOOK_MS = 5 };

/* One run of a plugin, and when it has to be over. */
struct plugin {
    const struct kube_exec *exec;
    struct stop *stop; /* or NULL */
    int64_t timeout_ms, end_ms;
    pid_t pid;
};

static size_t length_of(char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

/* Is NAME of "NAME=value" set in the list? */
static bool sets(char *const *list, const char *line)
{
    size_t n = strcspn(line, "=") + 1;

    for (; list && *list; list++)
        if (strncmp(*list, line, n) == 0)
            return true;
    return false;
}

/* Ours, except what the plugin's own and the info replace. The texts are borrowed. */
static char **environment(const struct kube_exec *exec, char *info)
{
    char *const added[] = {info, NULL};
    char **env = mem_alloc(length_of(environ) + length_of(exec->env) + 2, sizeof(char *));
    size_t n = 0;

    for (char **line = environ; *line; line++)
        if (!sets(exec->env, *line) && !sets(added, *line))
            env[n++] = *line;
    for (char **line = exec->env; line && *line; line++)
        env[n++] = *line;
    env[n] = info;
    return env;
}

/* Signals are blocked in all our threads, and SIGPIPE is ignored; the plugin starts with
 * neither, and in a group of its own, so that all of it can be ended. */
static bool spawn(struct plugin *p, char *const *argv, char *const *env, int out,
                  struct error *err)
{
    const char *hint = p->exec->install_hint;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, ignored;
    int failure;

    (void)sigemptyset(&none);
    (void)sigemptyset(&ignored);
    (void)sigaddset(&ignored, SIGPIPE);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attr);
    (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
                                           0);
    (void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &ignored);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    failure = posix_spawnp(&p->pid, p->exec->command, &files, &attr, argv, env);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attr);
    if (!failure)
        return true;
    return error_errno(err, failure, "cannot run it%s%s", hint ? " (" : "",
                       hint ? hint : "");
}

/* False, with the reason, when it is to be ended. */
static bool may_go_on(const struct plugin *p, struct error *err)
{
    if (p->stop && stop_requested(p->stop))
        return error_set(err, ERR_CANCELED, "asked to stop");
    if (clock_mono_ms() >= p->end_ms)
        return error_set(err, ERR_TIMEOUT, "it did not end within %lld ms",
                         (long long)p->timeout_ms);
    return true;
}

/* Sleep, but no longer than until the end or until asked to stop; fd -1: on nothing. True
 * when it can be read. */
static bool wait_for(const struct plugin *p, int fd, int64_t ms)
{
    struct pollfd fds[] = {
        {.fd = fd,                              .events = POLLIN},
        {.fd = p->stop ? stop_fd(p->stop) : -1, .events = POLLIN},
    };
    int64_t left_ms = p->end_ms - clock_mono_ms();

    if (left_ms < ms)
        ms = left_ms > 0 ? left_ms : 0;
    return poll(fds, ARRAY_LEN(fds), (int)ms) > 0 && fds[0].revents;
}

/* Everything that it prints, until it closes its output. */
static bool gather(const struct plugin *p, int fd, struct buf *out, struct error *err)
{
    while (may_go_on(p, err)) {
        char piece[4096];
        ssize_t n;

        if (!wait_for(p, fd, p->timeout_ms))
            continue;
        n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return true;
        buf_add(out, piece, (size_t)n);
        if (!buf_ok(out))
            return error_set(err, ERR_TOO_BIG, "its answer is larger than %zu bytes",
                             out->max);
    }
    return false;
}

/* One that closed its output need not end: it, or what it left behind, may hang. */
static bool reap(const struct plugin *p, int *status, struct error *err)
{
    while (may_go_on(p, err)) {
        pid_t ended = waitpid(p->pid, status, WNOHANG);

        if (ended == p->pid)
            return true;
        if (ended < 0 && errno != EINTR)
            return error_errno(err, errno, "cannot wait for it");
        (void)wait_for(p, -1, LOOK_MS);
    }
    return false;
}

static void end_by_force(const struct plugin *p)
{
    (void)kill(-p->pid, SIGKILL);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static bool well_ended(int status, struct error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status))
        return error_set(err, ERR_IO, "it exited with code %d", WEXITSTATUS(status));
    return error_set(err, ERR_IO, "it was ended by signal %d", WTERMSIG(status));
}

static bool run(struct plugin *p, char *const *argv, char *const *env, struct buf *out,
                struct error *err)
{
    CLEANUP(file_closep)
    int reader = -1;
    int ends[2];
    int status = 0;
    bool started;

    if (pipe2(ends, O_CLOEXEC))
        return error_errno(err, errno, "cannot make a pipe");
    reader = ends[0];
    started = spawn(p, argv, env, ends[1], err);
    (void)close(ends[1]);
    if (!started)
        return false;
    if (gather(p, reader, out, err) && reap(p, &status, err))
        return well_ended(status, err);
    end_by_force(p);
    return false;
}

bool exec_plugin_run(const struct kube_config *config, int64_t timeout_ms,
                     struct stop *stop, struct exec_credential *out, struct error *err)
{
    const struct kube_exec *exec = &config->exec;
    struct plugin plugin = {.exec = exec,
                            .stop = stop,
                            .timeout_ms = timeout_ms,
                            .end_ms = clock_mono_ms() + timeout_ms};
    CLEANUP(buf_clear)
    struct buf info = BUF_INIT(2 * OUTPUT_BYTES_MAX);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(OUTPUT_BYTES_MAX);
    CLEANUP(mem_freep)
    char *json = exec_info(config);
    CLEANUP(mem_freep)
    char **argv = mem_alloc(length_of(exec->args) + 2, sizeof(char *));
    CLEANUP(mem_freep)
    char **env = NULL;

    buf_printf(&info, "KUBERNETES_EXEC_INFO=%s", json);
    env = environment(exec, info.data);
    argv[0] = exec->command;
    for (size_t i = 0; i < length_of(exec->args); i++)
        argv[i + 1] = exec->args[i];
    if (!run(&plugin, argv, env, &text, err) ||
        !exec_credential_read(exec, buf_str(&text), text.len, out, err))
        return error_wrap(err, "credential plugin %s", exec->command);
    return true;
}

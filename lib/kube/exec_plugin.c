/* SPDX-License-Identifier: Apache-2.0 */
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

extern char **environ;

enum { OUTPUT_BYTES_MAX = 1 << 20, TIMEOUT_MS = 60000 };

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

/* Signals are blocked in all our threads; the plugin starts with none blocked, and in a
 * group of its own, so that all of it can be ended. */
static bool spawn(const struct kube_exec *exec, char *const *argv, char *const *env,
                  int out, pid_t *pid, struct error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;
    int failure;

    (void)sigemptyset(&none);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attr);
    (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
                                           0);
    (void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    failure = posix_spawnp(pid, exec->command, &files, &attr, argv, env);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attr);
    if (!failure)
        return true;
    return error_errno(err, failure, "cannot run it%s%s", exec->install_hint ? " (" : "",
                       exec->install_hint ? exec->install_hint : "");
}

/* Everything that it prints, until it closes its output. */
static bool gather(int fd, struct stop *stop, struct buf *out, struct error *err)
{
    int64_t end_ms = clock_mono_ms() + TIMEOUT_MS;

    for (;;) {
        struct pollfd fds[] = {
            {.fd = fd,                        .events = POLLIN},
            {.fd = stop ? stop_fd(stop) : -1, .events = POLLIN},
        };
        int64_t left_ms = end_ms - clock_mono_ms();
        char piece[4096];
        ssize_t n;

        if (stop && stop_requested(stop))
            return error_set(err, ERR_CANCELED, "asked to stop");
        if (left_ms <= 0)
            return error_set(err, ERR_TIMEOUT, "no answer within a minute");
        if (poll(fds, ARRAY_LEN(fds), (int)left_ms) <= 0 || !fds[0].revents)
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
}

static bool reap(pid_t pid, bool kill_it, struct error *err)
{
    int status = 0;

    if (kill_it)
        (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (kill_it)
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status))
        return error_set(err, ERR_IO, "it exited with code %d", WEXITSTATUS(status));
    return error_set(err, ERR_IO, "it was ended by signal %d", WTERMSIG(status));
}

static bool run(const struct kube_exec *exec, char *const *argv, char *const *env,
                struct stop *stop, struct buf *out, struct error *err)
{
    CLEANUP(file_closep)
    int reader = -1;
    int ends[2];
    pid_t pid;
    bool started;

    if (pipe(ends))
        return error_errno(err, errno, "cannot make a pipe");
    reader = ends[0];
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    started = spawn(exec, argv, env, ends[1], &pid, err);
    (void)close(ends[1]);
    return started && reap(pid, !gather(reader, stop, out, err), err);
}

bool exec_plugin_run(const struct kube_config *config, struct stop *stop,
                     struct exec_credential *out, struct error *err)
{
    const struct kube_exec *exec = &config->exec;
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
    if (!run(exec, argv, env, stop, &text, err) ||
        !exec_credential_read(exec, buf_str(&text), text.len, out, err))
        return error_wrap(err, "credential plugin %s", exec->command);
    return true;
}

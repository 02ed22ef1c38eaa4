/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/haproxy_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

/* Until the descriptor is ready, or the deadline. */
static bool wait_for(int fd, short events, int64_t deadline_ms, struct error *err)
{
    struct pollfd p = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = deadline_ms - clock_mono_ms();
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;

        if (ready > 0)
            return true;
        if (ready == 0)
            return error_set(err, ERR_TIMEOUT, "no answer in time");
        if (errno != EINTR)
            return error_errno(err, errno, "poll");
    }
}

/* On a UNIX socket connect() does not linger: it works at once, or the queue of the
 * other side is full (EAGAIN), which is as good as down. */
static int open_socket(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd;

    if (len >= sizeof(address.sun_path)) {
        (void)error_set(err, ERR_IO, "socket path is longer than %zu bytes",
                        sizeof(address.sun_path) - 1);
        return -1;
    }
    memcpy(address.sun_path, path, len + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        (void)error_errno(err, errno, "socket");
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        (void)error_errno(err, errno, "connect");
        file_closep(&fd);
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const struct buf *b, int64_t deadline_ms, struct error *err)
{
    for (size_t sent = 0; sent < b->len;) {
        ssize_t n = send(fd, b->data + sent, b->len - sent, MSG_NOSIGNAL);

        if (n >= 0)
            sent += (size_t)n;
        else if (errno != EINTR && errno != EAGAIN)
            return error_errno(err, errno, "send");
        else if (!wait_for(fd, POLLOUT, deadline_ms, err))
            return false;
    }
    return true;
}

static bool receive_all(int fd, struct buf *answer, int64_t deadline_ms,
                        struct error *err)
{
    for (;;) {
        char chunk[16384];
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

        if (n == 0)
            return true;
        if (n > 0)
            buf_add(answer, chunk, (size_t)n);
        else if (errno != EINTR && errno != EAGAIN)
            return error_errno(err, errno, "receive");
        else if (!wait_for(fd, POLLIN, deadline_ms, err))
            return false;
        if (!buf_ok(answer))
            return error_set(err, ERR_TOO_BIG, "answer of more than %zu bytes",
                             answer->max);
    }
}

bool haproxy_ask(const char *path, const struct buf *question, int64_t timeout_ms,
                 struct buf *answer, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    CLEANUP(file_closep)
    int fd = open_socket(path, err);

    if (fd < 0 || !send_all(fd, question, deadline_ms, err) ||
        !receive_all(fd, answer, deadline_ms, err))
        return error_wrap(err, "HAProxy at %s", path);
    return true;
}

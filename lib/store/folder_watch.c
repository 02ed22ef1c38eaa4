/* SPDX-License-Identifier: Apache-2.0 */
#include "store/folder_watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

bool folder_watch_open(struct folder_watch *w, const char *folder, struct error *err)
{
    const uint32_t changes = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                             IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF |
                             IN_MOVE_SELF | IN_ONLYDIR;

    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0)
        return error_errno(err, errno, "cannot watch %s", folder);
    if (inotify_add_watch(w->fd, folder, changes) < 0) {
        (void)error_errno(err, errno, "cannot watch %s", folder);
        folder_watch_close(w);
        return false;
    }
    return true;
}

void folder_watch_close(struct folder_watch *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
}

/* Tell the names in what the kernel wrote; false when the folder itself went away. */
static bool tell_names(const char *bytes, size_t n, folder_name_fn *fn, void *arg)
{
    const uint32_t lost =
        IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;

    for (size_t at = 0; at < n;) {
        struct inotify_event event;

        memcpy(&event, bytes + at, sizeof(event));
        if (event.mask & lost)
            return false;
        if (event.len)
            fn(arg, bytes + at + sizeof(event));
        at += sizeof(event) + event.len;
    }
    return true;
}

bool folder_watch_wait(struct folder_watch *w, struct stop *stop, int64_t ms,
                       folder_name_fn *fn, void *arg, struct error *err)
{
    struct pollfd fds[] = {
        {.fd = stop_fd(stop), .events = POLLIN},
        {.fd = w->fd,         .events = POLLIN}, /* poll() passes over -1 */
    };
    char bytes[64 * 1024];
    ssize_t n;

    if (poll(fds, 2, ms > INT_MAX ? INT_MAX : (int)ms) <= 0 || !fds[1].revents)
        return true;
    n = read(w->fd, bytes, sizeof(bytes));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n < 0)
        return error_errno(err, errno, "cannot read what changed");
    if (!tell_names(bytes, (size_t)n, fn, arg))
        return error_set(err, ERR_EXPIRED, "the watch was lost");
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

int client_connect(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool client_send(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool client_puts(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

bool client_read_all(int fd, struct buf *out, int timeout_ms)
{
    int64_t deadline = clock_mono_ms() + timeout_ms;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - clock_mono_ms();
        char bytes[16384];
        ssize_t n;

        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return false;
        n = read(fd, bytes, sizeof(bytes));
        if (n <= 0)
            return n == 0;
        buf_add(out, bytes, (size_t)n);
    }
}

bool client_talk(uint16_t port, const char *request, struct buf *out)
{
    int fd = client_connect(port);
    bool ok;

    if (fd < 0)
        return false;
    ok = client_puts(fd, request) && client_read_all(fd, out, CLIENT_PATIENCE_MS);
    (void)close(fd);
    return ok;
}

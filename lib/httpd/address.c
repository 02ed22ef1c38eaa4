/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "httpd/internal.h"

enum { HOST_MAX = 256 };

/* Cut "[::1]:80" into "::1" and 80. */
static bool split(const char *address, char host[HOST_MAX], int64_t *port,
                  struct error *err)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;

    if (!colon || n >= HOST_MAX)
        return error_set(err, ERR_INVALID, "%.256s: host:port wanted", address);
    if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    } else if (memchr(address, ':', n)) {
        return error_set(err, ERR_INVALID, "%.256s: an IPv6 address goes in brackets",
                         address);
    }
    memcpy(host, address, n);
    host[n] = '\0';
    if (!text_to_int(colon + 1, 0, 65535, port, err))
        return error_wrap(err, "%.256s: port", address);
    return true;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);

    if (getsockname(fd, (struct sockaddr *)&a, &len))
        return 0;
    if (a.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
    return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

/* A socket bound to one resolved address, or -1 with errno. Any IPv6 address takes IPv4
 * too, as ":8080" promises; a specific one does not care. */
static int bind_one(const struct addrinfo *a)
{
    int one = 1, zero = 0, saved;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (a->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, SOMAXCONN))
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

int address_listen(const char *address, uint16_t *port, struct error *err)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[HOST_MAX] = "", service[8];
    int64_t number = 0;
    int fd = -1, why = 0, failed;

    if (!split(address, host, &number, err))
        return -1;
    (void)snprintf(service, sizeof(service), "%d", (int)number);
    failed = getaddrinfo(host[0] ? host : "::", service, &hints, &found);
    if (failed)
        found = NULL;
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = bind_one(a);
        why = errno;
    }
    if (found)
        freeaddrinfo(found);
    if (fd < 0 && !host[0] && (failed || why == EAFNOSUPPORT || why == EADDRNOTAVAIL)) {
        char v4[32]; /* a machine without IPv6 */

        (void)snprintf(v4, sizeof(v4), "0.0.0.0:%d", (int)number);
        return address_listen(v4, port, err);
    }
    if (failed)
        (void)error_set(err, ERR_IO, "cannot listen on %.256s: %s", address,
                        gai_strerror(failed));
    else if (fd < 0)
        (void)error_errno(err, why, "cannot listen on %.256s", address);
    else
        *port = bound_port(fd);
    return fd;
}

static bool has(int fd, int option, int wanted)
{
    int value = 0;
    socklen_t len = sizeof(value);

    return !getsockopt(fd, SOL_SOCKET, option, &value, &len) && value == wanted;
}

int address_adopt(int fd, uint16_t *port, struct error *err)
{
    if (!has(fd, SO_TYPE, SOCK_STREAM) || !has(fd, SO_ACCEPTCONN, 1)) {
        (void)error_set(err, ERR_INVALID,
                        "descriptor %d is no socket that listens for connections", fd);
        return -1;
    }
    if (fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC)) {
        (void)error_errno(err, errno, "descriptor %d", fd);
        return -1;
    }
    *port = bound_port(fd);
    return fd;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* http-probe: does a URL answer with 2xx? For the health checks of container images, in
 * which there is neither a shell nor curl. Speaks plain HTTP/1.1 and nothing more.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/flags.h"
#include "base/text.h"

enum { EXIT_HEALTHY = 0, EXIT_UNHEALTHY = 1, EXIT_USAGE = 2 };

#define SCHEME "http://"

/* "http://HOST[:PORT][/PATH]", in pieces. */
struct target {
    char host[256];
    char port[6];
    const char *path; /* borrowed from the URL; "" means "/" */
};

static bool target_parse(const char *url, struct target *t, struct error *err)
{
    const char *host = url + sizeof SCHEME - 1, *end, *colon;
    size_t host_length, port_length;
    int64_t port;

    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0)
        return error_set(err, ERR_INVALID, "%s: only http:// URLs can be probed", url);
    if (host[0] == '[') { /* an IPv6 address; its colons are not the port's */
        const char *close = strchr(++host, ']');

        if (!close)
            return error_set(err, ERR_INVALID, "%s: no ] behind the address", url);
        host_length = (size_t)(close - host);
        colon = close + 1;
    } else {
        host_length = strcspn(host, ":/");
        colon = host + host_length;
    }
    port_length = *colon == ':' ? strspn(colon + 1, "0123456789") : 0;
    end = colon + (*colon == ':') + port_length;
    if (host_length == 0 || host_length >= sizeof t->host ||
        port_length >= sizeof t->port || (*colon == ':' && port_length == 0) ||
        (*end != '/' && *end != '\0'))
        return error_set(err, ERR_INVALID, "%s: expected http://HOST:PORT/PATH", url);
    (void)snprintf(t->host, sizeof t->host, "%.*s", (int)host_length, host);
    (void)snprintf(t->port, sizeof t->port, "%.*s", port_length ? (int)port_length : 2,
                   port_length ? colon + 1 : "80");
    t->path = end;
    if (!text_to_int(t->port, 1, 65535, &port, err))
        return error_wrap(err, "%s: port", url);
    return true;
}

/* What is left until the deadline becomes the limit of the next call on the socket. */
static bool limit(int fd, int64_t deadline_ms, struct error *err)
{
    int64_t left = deadline_ms - clock_mono_ms();
    struct timeval tv = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};

    if (left <= 0)
        return error_set(err, ERR_TIMEOUT, "no answer in time");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv); /* connect(), too */
    return true;
}

static bool failed(const char *what, struct error *err)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS)
        return error_set(err, ERR_TIMEOUT, "no answer in time");
    return error_errno(err, errno, "cannot %s", what);
}

/* The first of the host's addresses that takes a connection, or -1. */
static int connect_any(const struct target *t, int64_t deadline_ms, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int fd = -1, code = getaddrinfo(t->host, t->port, &hints, &list);

    if (code != 0) {
        (void)error_set(err, ERR_IO, "%s", gai_strerror(code));
        return -1;
    }
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0) {
            (void)failed("open a socket", err);
            continue;
        }
        if (limit(fd, deadline_ms, err)) {
            if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
                break;
            (void)failed("connect", err);
        }
        (void)close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

static bool send_request(int fd, const struct target *t, int64_t deadline_ms,
                         struct error *err)
{
    char request[2048];
    int n = snprintf(request, sizeof request,
                     "GET %s%s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n"
                     "User-Agent: http-probe/" BANDIT_VERSION "\r\n\r\n",
                     *t->path ? "" : "/", t->path, t->host, t->port);

    if (n < 0 || (size_t)n >= sizeof request)
        return error_set(err, ERR_INVALID, "the path is too long");
    for (size_t sent = 0; sent < (size_t)n;) {
        ssize_t got;

        if (!limit(fd, deadline_ms, err))
            return false;
        got = send(fd, request + sent, (size_t)n - sent, MSG_NOSIGNAL);
        if (got < 0)
            return failed("send", err);
        sent += (size_t)got;
    }
    return true;
}

/* The status of the answer; its headers and body do not matter. */
static bool read_status(int fd, int64_t deadline_ms, int *status, struct error *err)
{
    enum { LINE = sizeof "HTTP/1.1 200" - 1 };
    char line[LINE + 1] = "";
    size_t have = 0;
    int64_t value;

    while (have < LINE) {
        ssize_t got;

        if (!limit(fd, deadline_ms, err))
            return false;
        got = recv(fd, line + have, LINE - have, 0);
        if (got < 0)
            return failed("read the answer", err);
        if (got == 0)
            break;
        have += (size_t)got;
    }
    if (have != LINE || strncmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' ||
        !text_to_int(line + 9, 100, 999, &value, err))
        return error_set(err, ERR_IO, "the answer is not HTTP");
    *status = (int)value;
    return true;
}

static bool probe(const struct target *t, int64_t timeout_ms, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    int status = 0, fd = connect_any(t, deadline_ms, err);
    bool ok;

    if (fd < 0)
        return false;
    ok = send_request(fd, t, deadline_ms, err) &&
         read_status(fd, deadline_ms, &status, err);
    (void)close(fd);
    if (ok && status / 100 != 2)
        return error_set(err, ERR_IO, "status %d", status);
    return ok;
}

int main(int argc, char **argv)
{
    int64_t timeout_ms = 2000;
    const char *url = NULL;
    size_t urls = 0;
    const struct flag flags[] = {
        {.name = "timeout",
         .kind = FLAG_DURATION,
         .value = &timeout_ms,
         .argname = "DURATION",
         .help = "How long the answer may take."},
        {.name = NULL},
    };
    const struct program program = {
        .name = "http-probe",
        .summary = "Exits 0 when the URL answers with 2xx, 1 otherwise, and says why.",
        .usage = "URL [flags]",
        .examples = "  http-probe http://127.0.0.1:9871/readyz\n",
        .flags = flags,
        .positional = &url,
        .positional_max = 1,
        .positional_count = &urls,
    };
    struct target target = {.path = ""};
    struct error err;
    int code = flags_main(&program, argc, argv);

    if (code >= 0)
        return code;
    if (urls != 1) {
        (void)fprintf(stderr, "http-probe: one URL is needed; see --help\n");
        return EXIT_USAGE;
    }
    if (!target_parse(url, &target, &err)) {
        (void)fprintf(stderr, "http-probe: %s\n", err.msg);
        return EXIT_USAGE;
    }
    if (!probe(&target, timeout_ms, &err)) {
        (void)fprintf(stderr, "http-probe: %s: %s\n", url, err.msg);
        return EXIT_UNHEALTHY;
    }
    return EXIT_HEALTHY;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The limit: what libmicrohttpd alone costs. It reads a POST and answers fixed bytes from
 * a new response object, in an epoll pool of two threads, with as little memory for a
 * connection as the model-server has (libmicrohttpd clears all of it after each request).
 * Usage: limit PORT BODY_BYTES */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4096, THREADS = 2, CONNECTIONS = 1000, CONNECTION_BYTES = 8 * 1024 };

struct exchange {
    size_t len;
    char body[BODY_MAX];
};

static char fixed[BODY_MAX];
static size_t fixed_len;

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
                              const char *url, const char *method, const char *version,
                              const char *data, size_t *size, void **state)
{
    struct exchange *x = *state;
    struct MHD_Response *response;
    enum MHD_Result queued;

    (void)arg, (void)url, (void)method, (void)version;
    if (!x) {
        *state = x = malloc(sizeof(*x));
        if (!x)
            return MHD_NO;
        x->len = 0;
        return MHD_YES;
    }
    if (*size) {
        if (*size > BODY_MAX - x->len)
            return MHD_NO;
        memcpy(x->body + x->len, data, *size);
        x->len += *size;
        *size = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(fixed_len, fixed, MHD_RESPMEM_PERSISTENT);
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static void done(void *arg, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode how)
{
    (void)arg, (void)connection, (void)how;
    free(*state);
    *state = NULL;
}

int main(int argc, char **argv)
{
    struct MHD_Daemon *daemon;
    sigset_t signals;
    int number;

    fixed_len = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (fixed_len < 2 || fixed_len > BODY_MAX)
        return 2;
    memset(fixed, ' ', fixed_len);
    fixed[0] = '{';
    fixed[fixed_len - 1] = '}';
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, (unsigned short)strtoul(argv[1], NULL, 10), NULL,
        NULL, answer, NULL, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, done, NULL,
        MHD_OPTION_END);
    if (!daemon) {
        perror("limit");
        return 1;
    }
    (void)sigwait(&signals, &number);
    MHD_stop_daemon(daemon);
    return 0;
}

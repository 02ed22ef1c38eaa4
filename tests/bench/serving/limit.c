/* SPDX-License-Identifier: Apache-2.0 */
/* The limit: what libmicrohttpd alone costs. It reads a POST and answers 248 fixed bytes
 * from a new response object, in an epoll pool of two threads. Usage: limit PORT */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4096, ANSWER = 248, THREADS = 2, CONNECTIONS = 1000 };

struct exchange {
    size_t len;
    char body[BODY_MAX];
};

static char fixed[ANSWER];

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
    response = MHD_create_response_from_buffer(ANSWER, fixed, MHD_RESPMEM_MUST_COPY);
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

    if (argc != 2)
        return 2;
    memset(fixed, ' ', sizeof(fixed));
    fixed[0] = '{';
    fixed[ANSWER - 1] = '}';
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD,
                              (unsigned short)strtoul(argv[1], NULL, 10), NULL, NULL,
                              answer, NULL, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
                              MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
                              MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);
    if (!daemon) {
        perror("limit");
        return 1;
    }
    (void)sigwait(&signals, &number);
    MHD_stop_daemon(daemon);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The limit: a bare libmicrohttpd that sends the bytes of a file from a fixed buffer.
 * Usage: limit FILE [gzip]; prints its port. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct MHD_Response *answer;

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *data, size_t *size,
                                  void **state)
{
    (void)arg, (void)url, (void)method, (void)version, (void)data, (void)size;
    if (!*state) { /* the head; answering now would cost the connection */
        *state = &answer;
        return MHD_YES;
    }
    return MHD_queue_response(connection, 200, answer);
}

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    struct MHD_Daemon *daemon;
    char *bytes;
    long n;

    if (!f || fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0)
        return 2;
    rewind(f);
    bytes = malloc((size_t)n + 1);
    if (!bytes || fread(bytes, 1, (size_t)n, f) != (size_t)n)
        return 2;
    answer = MHD_create_response_from_buffer((size_t)n, bytes, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(answer, "Content-Type", "text/plain; version=0.0.4");
    if (argc > 2)
        MHD_add_response_header(answer, "Content-Encoding", "gzip");
    daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
                                  MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL,
                              0, NULL, NULL, on_request, NULL, MHD_OPTION_END);
    if (!daemon)
        return 1;
    printf("{\"port\":%d}\n",
           MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    pause();
    return 0;
}

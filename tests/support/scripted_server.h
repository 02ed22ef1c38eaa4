/* SPDX-License-Identifier: Apache-2.0 */
/* scripted_server.h - an HTTP server that misbehaves as a table says, on plain sockets:
 * an HTTP library would keep it from lying.
 *
 * Each connection has its own thread. The path of a request picks the row; its bytes are
 * sent as they are.
 */
#ifndef SUPPORT_SCRIPTED_SERVER_H
#define SUPPORT_SCRIPTED_SERVER_H

#include <stddef.h>
#include <stdint.h>

enum script_end {
    SCRIPT_KEEP,  /* wait for the next request */
    SCRIPT_CLOSE, /* orderly */
    SCRIPT_RESET, /* RST */
    SCRIPT_HANG,  /* say nothing more until the client goes away */
};

struct script {
    const char *path;
    const char *bytes;
    size_t length;       /* of the bytes, where they hold a NUL; 0: up to the NUL */
    int64_t delay_ms;    /* before the first byte */
    size_t piece;        /* send so many bytes at a time; 0: all at once */
    int64_t pause_ms;    /* between the pieces */
    unsigned repeat;     /* send the bytes so many times; 0 counts as 1 */
    enum script_end end; /* what follows */
};

struct scripted_server;

/* Rows end with one without a path; they stay where they are. Fails the process when the
 * machine has no loopback. */
struct scripted_server *scripted_server_start(const struct script *rows);
void scripted_server_stop(struct scripted_server *s);

uint16_t scripted_server_port(const struct scripted_server *s);
/* So far. */
unsigned scripted_server_connections(struct scripted_server *s);
unsigned scripted_server_requests(struct scripted_server *s);
/* The last request's head and body, at most n - 1 bytes and a NUL. */
void scripted_server_last(struct scripted_server *s, char *out, size_t n);

#endif

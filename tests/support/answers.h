/* SPDX-License-Identifier: Apache-2.0 */
/* answers.h - pieces of answers for scripted_server.h, and running a test beside one. */
#ifndef SUPPORT_ANSWERS_H
#define SUPPORT_ANSWERS_H

#include "support/test.h"

#include <stdio.h>

#include "support/scripted_server.h"

#define OK(length, body)                                                            \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " #length \
    "\r\n\r\n" body
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#define HEAD(status_line) "HTTP/1.1 " status_line "\r\n"

/* What follows the bytes; SCRIPT_KEEP is 0. */
#define KEEP  .end = SCRIPT_KEEP
#define CLOSE .end = SCRIPT_CLOSE
#define RESET .end = SCRIPT_RESET
#define HANG  .end = SCRIPT_HANG

static inline int stop_server(void **state)
{
    scripted_server_stop(*state);
    return 0;
}

static inline const char *url_of(const struct scripted_server *s, const char *path,
                                 char out[128])
{
    (void)snprintf(out, 128, "http://127.0.0.1:%u%s", scripted_server_port(s), path);
    return out;
}

/* With a server of the table "scripts" as its state. */
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start_server, stop_server)

#endif

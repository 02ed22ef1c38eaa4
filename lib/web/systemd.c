/* SPDX-License-Identifier: Apache-2.0 */
#include "web/systemd.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

enum { FIRST = 3 };

/* The variables stay: we start no process that could take them for its own. */
bool systemd_sockets(int out[SYSTEMD_SOCKETS_MAX], size_t *n, struct error *err)
{
    const char *pid = getenv("LISTEN_PID");   /* NOLINT(concurrency-mt-unsafe) */
    const char *count = getenv("LISTEN_FDS"); /* NOLINT(concurrency-mt-unsafe) */
    int64_t whose = 0, many = 0;

    if (!pid || !count || !text_to_int(pid, 1, INT64_MAX, &whose, err) ||
        !text_to_int(count, 1, SYSTEMD_SOCKETS_MAX, &many, err) || whose != getpid())
        return error_set(err, ERR_INVALID,
                         "--web.systemd-socket: systemd handed over no sockets, or more "
                         "than %d; start this as the service of a .socket unit",
                         SYSTEMD_SOCKETS_MAX);
    for (int64_t i = 0; i < many; i++)
        out[i] = FIRST + (int)i;
    *n = (size_t)many;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* systemd.h - the listening sockets that systemd hands over to a service, as
 * sd_listen_fds(3) describes them. For lib/web only. */
#ifndef WEB_SYSTEMD_H
#define WEB_SYSTEMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { SYSTEMD_SOCKETS_MAX = 16 };

/* Their descriptors; an error when there are none, or too many. */
bool systemd_sockets(int out[SYSTEMD_SOCKETS_MAX], size_t *n, struct error *err);

#endif

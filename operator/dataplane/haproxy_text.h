/* SPDX-License-Identifier: Apache-2.0 */
/* haproxy_text.h - the words spoken on HAProxy's runtime socket. Pure. */
#ifndef DATAPLANE_HAPROXY_TEXT_H
#define DATAPLANE_HAPROXY_TEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "dataplane/dataplane.h"

/* A server's weight is a whole number from 0 to 256, so a route's share is told in
 * units of 1/256. */
enum { HAPROXY_UNITS = 256 };

/* One line: set each server's weight, largest first so that at no moment all are zero,
 * then show the backend's state. ERR_INVALID for weights that share nothing
 * out (core/rounding.h) and for names that HAProxy could not have. */
bool haproxy_write_command(const struct bandit_route *r, const double *weights,
                           struct buf *out, struct error *err);

/* One line: show the backend's state. */
bool haproxy_read_command(const struct bandit_route *r, struct buf *out,
                          struct error *err);

/* The answer to either line, for spec.arm_count arms: applied is the server's weight over
 * the sum of the arms' weights, ready means up and taking new requests (a server without
 * check counts as up). ERR_INVALID: HAProxy refused a command, or an arm has no server;
 * ERR_IO: cut short, or no answer of this kind. */
bool haproxy_read_answer(const char *text, size_t n, const struct bandit_route *r,
                         struct dataplane_arm *arms, struct error *err);

/* From the answer to "show info": the process and the seconds it has been up. */
bool haproxy_read_info(const char *text, size_t n, int64_t *pid, int64_t *uptime_s,
                       struct error *err);

#endif

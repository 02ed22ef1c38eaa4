/* SPDX-License-Identifier: Apache-2.0 */
/* lease.h - be the one that writes: leader election on a Lease, in a thread of its own.
 *
 * There is no fencing: a leader that was asleep may wake up after another one took over.
 * So ask lease_held() before each write, and let writes be conditional or idempotent.
 */
#ifndef KUBE_LEASE_H
#define KUBE_LEASE_H

#include "kube/client.h"
#include "kube/lease_record.h"

enum { LEASE_IDENTITY_MAX = 300 };

/* "HOST_RANDOM": this process and no other. */
const char *lease_identity(char out[LEASE_IDENTITY_MAX]);

struct lease_options {
    struct kube_access *access;
    const char *namespace, *name, *identity;
    const char *user_agent; /* or NULL */
    struct lease_timing timing;
    kube_report_fn *report; /* or NULL */
    /* Called in the lease's thread: we lead; we lead no more, without having wished so:
     * whatever only a leader may do has to end before this returns. */
    void (*won)(void *arg);
    void (*lost)(void *arg, const struct error *why);
    /* A try failed, and there will be others; or NULL. */
    void (*fault)(void *arg, const struct error *err);
    void *arg;
};

struct lease;

/* What the options point to is borrowed until lease_stop(). */
struct lease *lease_start(const struct lease_options *options);

/* Do we lead at this moment? True only within the renew deadline of the last renewal, by
 * our clock. Any thread; NULL: no. */
bool lease_held(const struct lease *l);

/* End the thread at once, and give the lease back if it is ours: call it when nothing
 * that only a leader may do is going on any more. */
void lease_stop(struct lease *l);

#endif

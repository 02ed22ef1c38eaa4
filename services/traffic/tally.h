/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h - what came of the requests: by arm, by error, by feedback. */
#ifndef TRAFFIC_TALLY_H
#define TRAFFIC_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "traffic/latency.h"

/* Why a request is not ok. */
enum failure {
    FAILURE_REFUSED,    /* nobody listens */
    FAILURE_TIMEOUT,    /* no answer within the time-out */
    FAILURE_CONNECTION, /* it broke */
    FAILURE_BAD_ANSWER, /* cut short, or not HTTP */
    FAILURE_TOO_LARGE,
    FAILURE_OVERRUN,   /* not sent: all places in flight were taken for too long */
    FAILURE_ABANDONED, /* the run was ended first */
    FAILURE_HTTP_3XX,
    FAILURE_HTTP_4XX,
    FAILURE_HTTP_5XX,
    FAILURE_COUNT,
};
extern const char *const failure_names[FAILURE_COUNT];

enum failure failure_of_error(enum error_kind kind);
/* Only for what is not 2xx. */
enum failure failure_of_status(int status);

enum feedback_result {
    FEEDBACK_ACCEPTED, /* 2xx */
    FEEDBACK_REFUSED,  /* 4xx */
    FEEDBACK_FAILED,   /* no answer, or any other */
    FEEDBACK_NO_ID,    /* the prediction had none to refer to */
    FEEDBACK_DROPPED,  /* never sent: too many waited, or the run was over */
    FEEDBACK_COUNT,
};
extern const char *const feedback_names[FEEDBACK_COUNT];

/* Arms are told apart by a header that the server writes, so their number is bounded:
 * those past it count as "other". */
enum { ARM_NAME_MAX = 64, ARMS_MAX = 32 };

struct arm_tally {
    char name[ARM_NAME_MAX];
    uint64_t answers, ok;
    struct latency latency; /* of all answers */
};

struct tally {
    uint64_t due, sent, ok; /* due: ok plus all failures, once it is over */
    uint64_t failures[FAILURE_COUNT];
    uint64_t feedback[FEEDBACK_COUNT];
    struct latency latency; /* of all that were due; without an answer: until given up */
    struct arm_tally arms[ARMS_MAX];
    size_t arm_count;
};

/* The arm of that name, new or known. NULL stands for an answer that no arm gave:
 * "gateway". */
struct arm_tally *tally_arm(struct tally *t, const char *name);

/* The arms' places in the order of their names. */
void tally_by_name(const struct tally *t, size_t places[ARMS_MAX]);

/* The request got an answer, ns after it was due. */
void tally_answer(struct tally *t, struct arm_tally *arm, int status, int64_t ns);
/* It got none. */
void tally_failure(struct tally *t, enum failure f, int64_t ns);

/* The counts and the overall latency, cheap to copy while traffic goes on. */
struct glance {
    int64_t at_ns;
    uint64_t sent, ok, failed, feedback;
    struct latency latency;
    struct {
        char name[ARM_NAME_MAX];
        uint64_t answers;
    } arms[ARMS_MAX];
    size_t arm_count;
    size_t by_name[ARMS_MAX]; /* their places in the order of their names */
};

void tally_glance(const struct tally *t, int64_t now_ns, struct glance *out);

/* What happened from then to now, in place of now. */
void glance_since(struct glance *now, const struct glance *then);

#endif

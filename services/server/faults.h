/* SPDX-License-Identifier: Apache-2.0 */
/* faults.h - what goes wrong on purpose: added latency, a share of errors, a share of
 * wrong answers. Only in a server started with --allow-faults. */
#ifndef SERVER_FAULTS_H
#define SERVER_FAULTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { FAULT_LATENCY_MAX_MS = 60000 };

struct fault_settings {
    double latency_ms;
    double error_ratio; /* of requests: answered 500 */
    double wrong_ratio; /* of rows: another class is made the likeliest */
};

struct faults {
    bool allowed; /* set before threads start */
    pthread_mutex_t lock;
    struct fault_settings now;
};

void faults_init(struct faults *f, bool allowed);
struct fault_settings faults_get(struct faults *f);
void faults_set(struct faults *f, const struct fault_settings *settings);

/* {"latency_ms":200,"error_ratio":0.5,"wrong_ratio":1}: a member left out is 0, an
 * unknown one an error. */
bool faults_parse(const char *text, size_t n, struct fault_settings *out,
                  struct error *err);
void faults_write(const struct fault_settings *settings, struct buf *out);

/* Make the class after the predicted one take its place: the probabilities move round by
 * one, so that the answer still agrees with itself. */
void faults_make_wrong(float *probabilities, size_t classes, size_t *predicted);

#endif

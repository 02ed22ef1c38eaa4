/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - one line on standard error that is written over, for people at a terminal.
 * Where standard error is none, nothing is written. */
#ifndef TRAINER_PROGRESS_H
#define TRAINER_PROGRESS_H

struct progress {
    const char *what;
};

/* arg: a struct progress; done: 0 to 1. */
void progress_show(void *arg, double done);

/* Wipe the line. */
void progress_end(void);

#endif

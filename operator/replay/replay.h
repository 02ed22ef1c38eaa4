/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h - `bandit-operator replay`: recorded decisions made again, and other policies
 * tried on what was recorded. */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

enum { REPLAY_OK = 0, REPLAY_DIFFERS = 1, REPLAY_USAGE = 2 };

/* argv[0] is the word "replay". Returns the exit code. */
int replay_main(int argc, char **argv);

#endif

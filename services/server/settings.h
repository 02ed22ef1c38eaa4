/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what the command line and the environment say. */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "base/buf.h"
#include "base/flags.h"
#include "server/server.h"
#include "web/web.h"

struct settings {
    struct web_flags web;
    const char *model;
    const char *route;
    const char *arm;
    const char *tenant; /* "": none is named */
    const char *model_name;
    const char *model_version;
    const char *secret_file;
    int64_t feedback_ttl_ms;
    int64_t feedback_capacity;
    int64_t threads;
    int64_t max_batch;
    int64_t max_body;
    int64_t drain_delay_ms;
    int64_t drain_timeout_ms;
    bool allow_faults;
};

/* Name and summary of the program; the flags are private to settings.c. */
extern const struct program settings_program;

/* Read and check. Returns the exit code, or -1 to run. */
int settings_read(struct settings *s, int argc, char **argv);

/* The bytes that prediction ids are signed with: those of --secret-file, else random
 * ones, with a warning. */
bool settings_secret(const struct settings *s, struct buf *secret, struct error *err);

/* Borrows from both. */
struct server_options settings_options(const struct settings *s,
                                       const struct buf *secret);

#endif

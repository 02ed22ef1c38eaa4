/* SPDX-License-Identifier: Apache-2.0 */
/* flags.h - a program's options from one table: flag, environment variable, default,
 * help.
 *
 * "--name value" and "--name=value"; a switch takes no value, "--no-name" turns it off.
 * The environment is read first, the command line wins. --help and --version come for
 * free. Text values are borrowed from argv or the environment.
 */
#ifndef BASE_FLAGS_H
#define BASE_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum flag_kind {
    FLAG_STRING,   /* const char * */
    FLAG_LIST,     /* struct flag_list: may be given more than once */
    FLAG_INT,      /* int64_t, within [low, high] when they differ */
    FLAG_NUMBER,   /* double, finite, within [low, high] when they differ */
    FLAG_DURATION, /* int64_t, milliseconds */
    FLAG_SWITCH,   /* bool */
};

enum { FLAG_LIST_MAX = 16 };

struct flag_list {
    const char *items[FLAG_LIST_MAX];
    size_t count;
    bool given; /* the default was replaced */
};

struct flag {
    const char *name; /* without dashes; NULL ends the table */
    enum flag_kind kind;
    void *value;         /* holds the default; written when the flag is given */
    const char *argname; /* in the help: "--data FILE" */
    const char *help;
    const char *env; /* or NULL */
    double low, high;
    bool required;
};

struct program {
    const char *name;
    const char *summary;      /* one sentence */
    const char *usage;        /* behind the name, such as "{lr|svm|rf} [flags]" */
    const char *examples;     /* whole lines */
    const struct flag *flags; /* ended by a row without a name */
    const char **positional;  /* receives words that are no flags, or NULL */
    size_t positional_max;    /* at most so many */
    size_t *positional_count; /* receives how many there were */
};

enum flags_outcome {
    FLAGS_RUN,  /* go on */
    FLAGS_DONE, /* --help or --version was printed: exit 0 */
    FLAGS_BAD,  /* err says what is wrong: print it, exit 2 */
};

enum flags_outcome flags_parse(const struct program *p, int argc, char **argv,
                               struct error *err);

/* flags_parse() for main(): prints what is wrong. Returns the exit code, or -1 to run. */
int flags_main(const struct program *p, int argc, char **argv);

#endif

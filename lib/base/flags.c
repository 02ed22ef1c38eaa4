/* SPDX-License-Identifier: Apache-2.0 */
#include "base/flags.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

static const struct flag *find(const struct flag *flags, const char *name, size_t n)
{
    for (; flags->name; flags++)
        if (strlen(flags->name) == n && !strncmp(flags->name, name, n))
            return flags;
    return NULL;
}

static bool set_number(const struct flag *f, const char *text, struct error *err)
{
    double v;

    if (!text_to_double(text, &v, err))
        return false;
    if (!isfinite(v) || (f->low != f->high && (v < f->low || v > f->high)))
        return error_set(err, ERR_INVALID, "%.64s is outside %g to %g", text, f->low,
                         f->high);
    *(double *)f->value = v;
    return true;
}

static bool set_switch(const struct flag *f, const char *text, struct error *err)
{
    static const char *const words[] = {"false", "true", "0", "1", NULL};
    int i = text_index(text, words);

    if (i < 0)
        return error_set(err, ERR_INVALID, "\"%.64s\" is neither true nor false", text);
    *(bool *)f->value = i % 2 == 1;
    return true;
}

static bool set_list(const struct flag *f, const char *text, struct error *err)
{
    struct flag_list *list = f->value;

    if (!list->given)
        list->count = 0;
    list->given = true;
    if (list->count == FLAG_LIST_MAX)
        return error_set(err, ERR_INVALID, "given more than %d times", FLAG_LIST_MAX);
    list->items[list->count++] = text;
    return true;
}

static bool set_value(const struct flag *f, const char *text, struct error *err)
{
    switch (f->kind) {
    case FLAG_STRING:
        *(const char **)f->value = text;
        return true;
    case FLAG_LIST:
        return set_list(f, text, err);
    case FLAG_INT:
        return text_to_int(text, f->low != f->high ? (int64_t)f->low : INT64_MIN,
                           f->low != f->high ? (int64_t)f->high : INT64_MAX, f->value,
                           err);
    case FLAG_NUMBER:
        return set_number(f, text, err);
    case FLAG_DURATION:
        return text_to_duration(text, f->value, err);
    case FLAG_SWITCH:
        return set_switch(f, text, err);
    }
    return false;
}

static void default_text(const struct flag *f, char *out, size_t size)
{
    char text[TEXT_DURATION_MAX];
    const char *s = NULL;

    out[0] = '\0';
    switch (f->kind) {
    case FLAG_STRING:
        s = *(const char **)f->value;
        break;
    case FLAG_LIST: {
        const struct flag_list *list = f->value;

        s = list->count ? list->items[0] : NULL;
        break;
    }
    case FLAG_INT:
        (void)snprintf(out, size, "%lld", (long long)*(int64_t *)f->value);
        return;
    case FLAG_NUMBER:
        (void)number_format(*(double *)f->value, text);
        s = text;
        break;
    case FLAG_DURATION:
        s = text_from_duration(*(int64_t *)f->value, text);
        break;
    case FLAG_SWITCH:
        s = *(bool *)f->value ? "true" : NULL;
        break;
    }
    if (s && *s)
        (void)snprintf(out, size, "%s", s);
}

static void print_flag(const struct flag *f)
{
    char left[80];
    char text[128];

    (void)snprintf(left, sizeof(left), "  --%s%s%s", f->name, f->argname ? " " : "",
                   f->argname ? f->argname : "");
    if (strlen(left) > 30)
        printf("%s\n%30s  %s", left, "", f->help);
    else
        printf("%-30s  %s", left, f->help);
    default_text(f, text, sizeof(text));
    if (f->required)
        printf(" (required)");
    else if (text[0])
        printf(" (default %s)", text);
    if (f->env)
        printf(" [$%s]", f->env);
    printf("\n");
}

static void print_help(const struct program *p)
{
    printf("%s: %s\n\nUsage: %s %s\n\nFlags:\n", p->name, p->summary, p->name,
           p->usage ? p->usage : "[flags]");
    for (const struct flag *f = p->flags; f->name; f++)
        print_flag(f);
    printf("  --help                        Print this and exit.\n"
           "  --version                     Print the version and exit.\n");
    if (p->examples)
        printf("\nExamples:\n%s", p->examples);
}

/* argv[*i] is a word that starts with "--"; *i moves on when the value is the next. */
static bool take_flag(const struct program *p, int argc, char **argv, int *i,
                      struct error *err)
{
    const char *word = argv[*i] + 2;
    size_t n = strcspn(word, "=");
    const struct flag *f = find(p->flags, word, n);
    const char *value = word[n] ? word + n + 1 : NULL;

    if (!f && n > 3 && text_starts_with(word, "no-") && !value) {
        f = find(p->flags, word + 3, n - 3);
        if (f && f->kind == FLAG_SWITCH)
            value = "false";
        else
            f = NULL;
    }
    if (!f)
        return error_set(err, ERR_INVALID, "unknown flag --%.*s; see %s --help", (int)n,
                         word, p->name);
    if (!value && f->kind == FLAG_SWITCH)
        value = "true";
    if (!value && *i + 1 >= argc)
        return error_set(err, ERR_INVALID, "--%s needs a value", f->name);
    if (!value)
        value = argv[++*i];
    if (!set_value(f, value, err))
        return error_wrap(err, "--%s", f->name);
    return true;
}

static bool take_environment(const struct program *p, struct error *err)
{
    for (const struct flag *f = p->flags; f->name; f++) {
        const char *value = f->env ? getenv(f->env) : NULL;

        if (!value || !*value)
            continue;
        if (!set_value(f, value, err))
            return error_wrap(err, "environment variable %s", f->env);
        if (f->kind == FLAG_LIST)
            ((struct flag_list *)f->value)->given = false;
    }
    return true;
}

static bool take_word(const struct program *p, const char *word, struct error *err)
{
    if (!p->positional || *p->positional_count == p->positional_max)
        return error_set(err, ERR_INVALID, "unexpected argument \"%.64s\"; see %s --help",
                         word, p->name);
    p->positional[(*p->positional_count)++] = word;
    return true;
}

static bool check_required(const struct program *p, struct error *err)
{
    for (const struct flag *f = p->flags; f->name; f++)
        if (f->required && f->kind == FLAG_STRING && !*(const char **)f->value)
            return error_set(err, ERR_INVALID, "--%s is required; see %s --help", f->name,
                             p->name);
    return true;
}

enum flags_outcome flags_parse(const struct program *p, int argc, char **argv,
                               struct error *err)
{
    bool only_words = false;

    if (!take_environment(p, err))
        return FLAGS_BAD;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (!only_words && (!strcmp(word, "--help") || !strcmp(word, "-h"))) {
            print_help(p);
            return FLAGS_DONE;
        }
        if (!only_words && !strcmp(word, "--version")) {
            printf("%s %s\n", p->name, BANDIT_VERSION);
            return FLAGS_DONE;
        }
        if (!only_words && !strcmp(word, "--")) {
            only_words = true;
            continue;
        }
        if (!only_words && word[0] == '-' && word[1] == '-') {
            if (!take_flag(p, argc, argv, &i, err))
                return FLAGS_BAD;
        } else if (!only_words && word[0] == '-' && word[1]) {
            (void)error_set(err, ERR_INVALID, "unknown flag %.64s; see %s --help", word,
                            p->name);
            return FLAGS_BAD;
        } else if (!take_word(p, word, err)) {
            return FLAGS_BAD;
        }
    }
    return check_required(p, err) ? FLAGS_RUN : FLAGS_BAD;
}

int flags_main(const struct program *p, int argc, char **argv)
{
    struct error err;

    switch (flags_parse(p, argc, argv, &err)) {
    case FLAGS_RUN:
        return -1;
    case FLAGS_DONE:
        return 0;
    case FLAGS_BAD:
        break;
    }
    (void)fprintf(stderr, "%s: %s\n", p->name, err.msg);
    return 2;
}

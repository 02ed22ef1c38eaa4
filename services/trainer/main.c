/* SPDX-License-Identifier: Apache-2.0 */
/* model-trainer: the command line. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/flags.h"
#include "base/text.h"
#include "trainer/evaluate.h"
#include "trainer/split.h"
#include "trainer/train.h"

static struct train_options options = {
    .data = NULL,
    .out = "model.onnx",
    .target = "label",
    .name = "",
    .dataset = "",
    .trained_at = "",
    .folds = 5,
    .fit = {.seed = 42, .c = 1, .scale = true, .trees = 100},
};
static const char *gamma_text = "scale";
static const char *train_path = "train.csv";
static const char *holdout_path = "holdout.csv";
static double share = 0.2;

static const struct flag FLAGS[] = {
    {.name = "data",
     .kind = FLAG_STRING,
     .value = &options.data,
     .argname = "FILE",
     .help = "Labelled rows as CSV, with a header.",
     .required = true},
    {.name = "target-column",
     .kind = FLAG_STRING,
     .value = &options.target,
     .argname = "NAME",
     .help = "The column that holds the class."},
    {.name = "seed",
     .kind = FLAG_INT,
     .value = &options.fit.seed,
     .argname = "N",
     .help = "The same seed gives the same folds and the same model.",
     .low = 0,
     .high = 1e15},
    {.name = "out",
     .kind = FLAG_STRING,
     .value = &options.out,
     .argname = "FILE",
     .help = "lr, svm, rf: where the model goes."},
    {.name = "name",
     .kind = FLAG_STRING,
     .value = &options.name,
     .argname = "NAME",
     .help = "lr, svm, rf: what the model is called."},
    {.name = "dataset",
     .kind = FLAG_STRING,
     .value = &options.dataset,
     .argname = "NAME",
     .help = "lr, svm, rf: what the data is called; else as --name, or as its file."},
    {.name = "folds",
     .kind = FLAG_INT,
     .value = &options.folds,
     .argname = "K",
     .help = "lr, svm, rf: folds to measure accuracy with; 0 does not measure.",
     .low = 0,
     .high = EVALUATE_FOLDS_MAX},
    {.name = "C",
     .kind = FLAG_NUMBER,
     .value = &options.fit.c,
     .argname = "X",
     .help = "lr, svm: the larger, the closer the fit to the rows.",
     .low = 1e-9,
     .high = 1e9},
    {.name = "gamma",
     .kind = FLAG_STRING,
     .value = &gamma_text,
     .argname = "X",
     .help = "svm: width of the kernel; \"scale\" is 1 / (features x variance)."},
    {.name = "scale",
     .kind = FLAG_SWITCH,
     .value = &options.fit.scale,
     .help = "lr, svm: standardise the features inside the model."},
    {.name = "trees",
     .kind = FLAG_INT,
     .value = &options.fit.trees,
     .argname = "N",
     .help = "rf: how many.",
     .low = 1,
     .high = 10000},
    {.name = "max-depth",
     .kind = FLAG_INT,
     .value = &options.fit.depth,
     .argname = "N",
     .help = "rf: how deep a tree may grow; 0 does not limit it.",
     .low = 0,
     .high = 1000},
    {.name = "max-features",
     .kind = FLAG_INT,
     .value = &options.fit.feature_count,
     .argname = "N",
     .help = "rf: features tried at a branch; 0 is the square root of all.",
     .low = 0,
     .high = 1e6},
    {.name = "trained-at",
     .kind = FLAG_STRING,
     .value = &options.trained_at,
     .argname = "TIME",
     .help = "lr, svm, rf: the time to note in the model instead of now (RFC 3339)."},
    {.name = "train",
     .kind = FLAG_STRING,
     .value = &train_path,
     .argname = "FILE",
     .help = "split: where the rows to train on go."},
    {.name = "holdout",
     .kind = FLAG_STRING,
     .value = &holdout_path,
     .argname = "FILE",
     .help = "split: where the rows kept out of training go."},
    {.name = "share",
     .kind = FLAG_NUMBER,
     .value = &share,
     .argname = "X",
     .help = "split: how much of each class is held out.",
     .low = 0.001,
     .high = 0.999},
    {.name = NULL                           },
};

static bool read_gamma(struct error *err)
{
    struct error why;

    if (!strcmp(gamma_text, "scale"))
        return true;
    if (text_to_double(gamma_text, &options.fit.gamma, &why) && options.fit.gamma > 0 &&
        options.fit.gamma <= 1e9)
        return true;
    return error_set(err, ERR_INVALID,
                     "--gamma \"%.64s\": neither a number above 0 nor "
                     "\"scale\"",
                     gamma_text);
}

static bool run_train(const struct fit_kind *kind, struct error *err)
{
    int64_t ignored;

    if (!read_gamma(err))
        return false;
    if (options.folds == 1)
        return error_set(err, ERR_INVALID, "--folds 1: needs at least 2, or 0");
    if (*options.trained_at && !clock_parse(options.trained_at, &ignored, err))
        return error_wrap(err, "--trained-at");
    return train(kind, &options, err);
}

static bool run_split(struct error *err)
{
    struct split_options o = {options.data,   train_path, holdout_path,
                              options.target, share,      options.fit.seed};

    return split(&o, err);
}

int main(int argc, char **argv)
{
    const char *command = "";
    size_t commands = 0;
    const struct program program = {
        .name = "model-trainer",
        .summary = "Trains classifiers from CSV and writes them as ONNX.",
        .usage = "{lr|svm|rf|split} --data FILE [flags]",
        .examples =
            "  model-trainer split --data digits.csv --train t.csv --holdout h.csv\n"
            "  model-trainer svm --data t.csv --out svm.onnx --name digits --C 10\n",
        .flags = FLAGS,
        .positional = &command,
        .positional_max = 1,
        .positional_count = &commands,
    };
    int code = flags_main(&program, argc, argv);
    const struct fit_kind *kind;
    struct error err;
    bool ok;

    if (code >= 0)
        return code;
    kind = fit_find(command);
    if (!kind && strcmp(command, "split") != 0) {
        (void)fprintf(stderr,
                      "model-trainer: \"%s\" is no command: lr, svm, rf or split\n",
                      command);
        return 2;
    }
    ok = kind ? run_train(kind, &err) : run_split(&err);
    if (ok)
        return 0;
    (void)fprintf(stderr, "model-trainer: %s\n", err.msg);
    return 1;
}

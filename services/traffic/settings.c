/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/settings.h"

#include <string.h>

#include "base/text.h"

const struct program traffic_program = {
    .name = "traffic-generator",
    .summary = "Replays labelled rows as live prediction traffic, and tells the "
               "models later "
               "what was true.",
    .examples = "  traffic-generator --data digits-holdout.csv --duration 1m\n"
                "  traffic-generator --data digits-holdout.csv --pattern spike --rate 20 "
                "--peak 400 --period 30s\n",
};

void settings_init(struct settings *s)
{
    *s = (struct settings){
        .url = "http://127.0.0.1:8080",
        .data = "",
        .label_column = "label",
        .pattern = "constant",
        .arrivals = "even",
        .json = "",
        .rate = 40,
        .feedback_ratio = 1,
        .period_ms = 60000,
        .timeout_ms = 2000,
        .feedback_delay_ms = 1000,
        .max_in_flight = 256,
        .seed = 1,
        .web = WEB_FLAGS_INIT(":9872"),
    };
}

int settings_parse(struct settings *s, int argc, char **argv)
{
    const struct flag flags[] = {
        {.name = "url",
         .kind = FLAG_STRING,
         .value = &s->url,
         .argname = "URL",
         .help = "Where /predict and /feedback are.",
         .env = "TRAFFIC_URL"},
        {.name = "data",
         .kind = FLAG_STRING,
         .value = &s->data,
         .argname = "FILE",
         .help = "CSV of labelled rows that no model was trained on."},
        {.name = "label-column",
         .kind = FLAG_STRING,
         .value = &s->label_column,
         .argname = "NAME",
         .help = "The column that holds the true class; all others are features."},
        {.name = "pattern",
         .kind = FLAG_STRING,
         .value = &s->pattern,
         .argname = "NAME",
         .help = "constant, ramp, spike, diurnal or poisson."},
        {.name = "rate",
         .kind = FLAG_NUMBER,
         .value = &s->rate,
         .argname = "N",
         .help = "Requests per second; where a ramp starts, between spikes, at night.",
         .low = 0,
         .high = 1e6},
        {.name = "peak",
         .kind = FLAG_NUMBER,
         .value = &s->peak,
         .argname = "N",
         .help = "Requests per second where a ramp ends, in a spike, at noon; 0: three "
                 "times the rate.", .low = 0,
         .high = 1e6},
        {.name = "period",
         .kind = FLAG_DURATION,
         .value = &s->period_ms,
         .argname = "TIME",
         .help = "How long a ramp or a day lasts; from one spike to the next."},
        {.name = "arrivals",
         .kind = FLAG_STRING,
         .value = &s->arrivals,
         .argname = "KIND",
         .help = "even, or random (Poisson) around any pattern."},
        {.name = "duration",
         .kind = FLAG_DURATION,
         .value = &s->duration_ms,
         .argname = "TIME",
         .help = "How long to send; 0: until interrupted."},
        {.name = "max-in-flight",
         .kind = FLAG_INT,
         .value = &s->max_in_flight,
         .argname = "N",
         .help = "Most requests, and connections, at the same time.",
         .low = 1,
         .high = 10000},
        {.name = "timeout",
         .kind = FLAG_DURATION,
         .value = &s->timeout_ms,
         .argname = "TIME",
         .help = "How long to wait for an answer."},
        {.name = "feedback-delay",
         .kind = FLAG_DURATION,
         .value = &s->feedback_delay_ms,
         .argname = "TIME",
         .help = "From a prediction to its true label being sent."},
        {.name = "feedback-ratio",
         .kind = FLAG_NUMBER,
         .value = &s->feedback_ratio,
         .argname = "N",
         .help = "Share of the predictions whose label is ever known.",
         .low = 0,
         .high = 1},
        {.name = "header",
         .kind = FLAG_LIST,
         .value = &s->headers,
         .argname = "LINE",
         .help = "\"Name: value\" to add to each request; may be given more than once."},
        {.name = "seed",
         .kind = FLAG_INT,
         .value = &s->seed,
         .argname = "N",
         .help = "The same seed sends the same rows at the same times.",
         .low = 0,
         .high = 9007199254740991},
        {.name = "json",
         .kind = FLAG_STRING,
         .value = &s->json,
         .argname = "FILE",
         .help = "Write the final figures there as JSON, too."},
        WEB_FLAGS(s->web),
        {.name = NULL                                          },
    };

    struct program program = traffic_program;

    program.flags = flags;
    return flags_main(&program, argc, argv);
}

bool settings_check(const struct settings *s, struct pattern *pattern, struct error *err)
{
    struct error why;

    if (!web_setup(&s->web, err))
        return false;
    if (!s->data[0])
        return error_set(err, ERR_INVALID, "--data is required; see --help");
    if (!text_starts_with(s->url, "http://") && !text_starts_with(s->url, "https://"))
        return error_set(err, ERR_INVALID, "--url: \"%s\" is no http:// or https:// URL",
                         s->url);
    if (!pattern_init(pattern, s->pattern, s->rate, s->peak, (double)s->period_ms / 1000,
                      &why))
        return error_set(err, ERR_INVALID, "--pattern: %s", why.msg);
    if (strcmp(s->arrivals, "random") == 0)
        pattern->random = true;
    else if (strcmp(s->arrivals, "even") != 0)
        return error_set(err, ERR_INVALID, "--arrivals: \"%s\" is not even or random",
                         s->arrivals);
    if (s->timeout_ms < 1)
        return error_set(err, ERR_INVALID, "--timeout must be longer than 0");
    for (size_t i = 0; i < s->headers.count; i++)
        if (!strchr(s->headers.items[i], ':') || strpbrk(s->headers.items[i], "\r\n"))
            return error_set(err, ERR_INVALID, "--header: \"%s\" is not \"Name: value\"",
                             s->headers.items[i]);
    return true;
}

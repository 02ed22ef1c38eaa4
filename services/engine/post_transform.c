/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/post_transform.h"

#include <math.h>

bool post_transform_attr(const struct build *b, enum post_transform *out)
{
    static const char *const words[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO",
                                        NULL};
    int i;

    if (!attr_word(b, "post_transform", "NONE", words, &i))
        return false;
    *out = (enum post_transform)i;
    return true;
}

int32_t argmax_row(const float *row, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best])
            best = i;
    return (int32_t)best;
}

/* Each way round with an exponent that cannot overflow. */
float logistic(float x)
{
    float e;

    if (x >= 0)
        return 1 / (1 + expf(-x));
    e = expf(x);
    return e / (1 + e);
}

void softmax_row(float *row, size_t n)
{
    float largest = row[argmax_row(row, n)];
    float sum = 0;

    for (size_t i = 0; i < n; i++) {
        row[i] = expf(row[i] - largest);
        sum += row[i];
    }
    for (size_t i = 0; i < n; i++)
        row[i] /= sum;
}

static void softmax_zero_row(float *row, size_t n)
{
    float largest = row[argmax_row(row, n)];
    float sum = 0;

    for (size_t i = 0; i < n; i++)
        if (row[i] != 0) {
            row[i] = expf(row[i] - largest);
            sum += row[i];
        }
    for (size_t i = 0; sum > 0 && i < n; i++)
        row[i] /= sum;
}

void post_transform_row(enum post_transform how, float *row, size_t n)
{
    switch (how) {
    case POST_NONE:
        break;
    case POST_SOFTMAX:
        softmax_row(row, n);
        break;
    case POST_LOGISTIC:
        for (size_t i = 0; i < n; i++)
            row[i] = logistic(row[i]);
        break;
    case POST_SOFTMAX_ZERO:
        softmax_zero_row(row, n);
        break;
    }
}

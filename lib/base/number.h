/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - doubles as the shortest decimal text that reads back equal.
 *
 * The text does not depend on the locale. Finite values only: how NaN and infinity are
 * written is the business of each format.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>

/* More than any text has, for pieces of one are written whole. */
enum { NUMBER_MAX = 40 };

/* Write v, which must be finite, and a NUL; returns the length. Whole numbers below 1e15
 * have neither point nor exponent: "3", "-0.25", "1e+21", "1.5e-07". */
size_t number_format(double v, char out[NUMBER_MAX]);

/* The same digits in the form in which Prometheus and OpenMetrics compare numbers as
 * text: always a point or an exponent, which is there below 1e-4 and from 1e+06 on:
 * "0.005", "1.0", "123456.7", "1e+06". */
size_t number_format_canonical(double v, char out[NUMBER_MAX]);

#endif

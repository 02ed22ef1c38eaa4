/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h - metrics as text: OpenMetrics 1.0 or Prometheus text 0.0.4.
 *
 * Besides whole registries there are the pieces of a page, for the exporter, which
 * renders its objects once and keeps the text. Every byte of either format comes from
 * here.
 */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "base/number.h"
#include "metrics/metrics.h"

enum exposition { EXPOSITION_TEXT_0_0_4, EXPOSITION_OPENMETRICS_1_0, EXPOSITION_COUNT };

/* What to answer to this Accept header (NULL: none). Never fails: text 0.0.4 is the last
 * resort, and OpenMetrics goes only to those who name it. */
enum exposition exposition_negotiate(const char *accept);

/* The exact Content-Type of an answer. */
const char *exposition_content_type(enum exposition e);

/* The same for an answer to this Accept header: echoes the escaping scheme that was asked
 * for. (Our names need no escaping, so all schemes give the same page.) Static text. */
const char *exposition_content_type_for(enum exposition e, const char *accept);

/* Append the whole registry, "# EOF" included where the format has it. */
void metrics_expose(struct metrics *m, enum exposition e, struct buf *out);

/* ---- pieces --------------------------------------------------------------------------
 */

/* The families of a registry without the end of the page. */
void metrics_expose_families(struct metrics *m, enum exposition e, struct buf *out);

/* "# EOF" where the format has it. */
void exposition_end(enum exposition e, struct buf *out);

/* TYPE, UNIT and HELP of a family: once on a page, directly above its samples. */
void exposition_header(struct buf *out, enum exposition e, const struct metric_desc *d);

/* The name its samples carry: with _total or _info where the type has it. The bytes are
 * the same in both formats, which is what allows samples to be rendered once. */
void exposition_sample_name(struct buf *out, const struct metric_desc *d);

/* Text of somebody else; zeroed: none. */
struct exposition_text {
    const char *at;
    size_t len;
};

/* name{labels,more} value, and the exemplar behind it. The texts stand on the page as
 * they are: name by exposition_sample_name(), labels by exposition_label(). */
struct exposition_sample {
    struct exposition_text name, labels, more, exemplar;
    double value;
};

/* Append the line; room is made once for all of it. */
void exposition_sample(struct buf *out, const struct exposition_sample *s);

static inline struct exposition_text exposition_text(const struct buf *b)
{
    return (struct exposition_text){buf_str(b), b->len};
}

/* name="value", escaped; ill-formed UTF-8 becomes U+FFFD. The caller writes braces and
 * commas. */
void exposition_label(struct buf *out, const char *name, const char *value);

/* The shortest text that reads back equal; "NaN", "+Inf", "-Inf". The second writes into
 * memory and returns the length, without a NUL. */
void exposition_value(struct buf *out, double v);
size_t exposition_number(double v, char out[NUMBER_MAX]);

/* The canonical form of a bucket's bound: "0.005", "1.0", "1e+06", "+Inf". */
void exposition_bound(struct buf *out, double v);

#endif

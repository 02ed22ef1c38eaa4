/* SPDX-License-Identifier: Apache-2.0 */
/* infer_request.h - a request of the Open Inference Protocol:
 *
 *     {"id":"1","inputs":[{"name":"features","shape":[1,4],"datatype":"FP32",
 *       "data":[5.1,3.5,1.4,0.2]}],"outputs":[{"name":"class"}]}
 *
 * data may be flat or nested.
 */
#ifndef SERVER_INFER_REQUEST_H
#define SERVER_INFER_REQUEST_H

#include "server/predict_request.h"

/* The tensors that an answer may have, in this order. */
enum infer_output {
    INFER_LABEL,
    INFER_CLASS,
    INFER_PROBABILITIES,
    INFER_PREDICTION_ID,
    INFER_OUTPUTS,
};

extern const struct infer_output_desc {
    const char *name;
    const char *datatype;
    bool per_class; /* a column for each class */
} infer_outputs[INFER_OUTPUTS];

struct infer_request {
    struct json *document;
    const char *id;             /* borrowed from it; NULL: none was sent */
    bool wanted[INFER_OUTPUTS]; /* all, unless "outputs" names some */
};

bool infer_request_read(const char *text, size_t n, struct rows *rows,
                        struct infer_request *out, struct refusal *why);
void infer_request_clear(struct infer_request *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* open_inference.h - the Open Inference Protocol v2 over REST, which KServe, Seldon,
 * MLServer and Triton clients speak.
 *
 * The model takes one tensor, of any name, [rows, features] or [features], and gives
 * four: label (INT64), class (BYTES), probabilities (FP32) and prediction_id (BYTES),
 * which POST /feedback takes.
 */
#ifndef SERVER_OPEN_INFERENCE_H
#define SERVER_OPEN_INFERENCE_H

#include "httpd/httpd.h"

/* /v2, /v2/health/..., /v2/models[/MODEL[/versions/VERSION][/ready]] */
httpd_handler open_inference_get;

/* /v2/models/MODEL[/versions/VERSION]/infer */
httpd_handler open_inference_post;

#endif

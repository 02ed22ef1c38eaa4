/* SPDX-License-Identifier: Apache-2.0 */
/* kserve_v1.h - the KServe v1 protocol: GET /v1/models/MODEL says whether it is ready,
 * POST /v1/models/MODEL:predict {"instances":[[..],..]} gives {"predictions":[labels]}
 * and, which v1 allows, the "prediction_ids" that POST /feedback takes. */
#ifndef SERVER_KSERVE_V1_H
#define SERVER_KSERVE_V1_H

#include "httpd/httpd.h"

httpd_handler kserve_v1_get;
httpd_handler kserve_v1_post;

#endif

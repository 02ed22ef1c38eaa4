/* SPDX-License-Identifier: Apache-2.0 */
/* route_schema.h - the BanditRoute described, from the tables that read it: to the API
 * server as a CustomResourceDefinition, to people as Markdown. */
#ifndef ROUTE_ROUTE_SCHEMA_H
#define ROUTE_ROUTE_SCHEMA_H

#include "base/buf.h"
#include "json/json.h"

struct json *route_crd(void);

/* A table of fields for each struct of the spec and the status. */
void route_fields_markdown(struct buf *out);

#endif

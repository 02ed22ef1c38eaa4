/* SPDX-License-Identifier: Apache-2.0 */
/* scrape.h - GET /metrics (objects and the exporter itself) and GET /metrics/self.
 *
 *     ?name[]=bandit_arm_reward   only these families (may be repeated)
 *     ?namespace=default          only objects of these namespaces (may be repeated)
 *
 * Either filter leaves the exporter's own metrics out.
 */
#ifndef EXPORTER_SCRAPE_H
#define EXPORTER_SCRAPE_H

#include "exporter/own.h"
#include "exporter/pages.h"

struct scrape {
    struct pages *pages;
    struct own *own;
    bool with_own; /* on /metrics, too */
};

/* arg: struct scrape */
httpd_handler scrape_objects;
httpd_handler scrape_own;

#endif

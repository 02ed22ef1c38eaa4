# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the dashboards have to show, asked of the Prometheus that runs.

verb_panels() {
    need_up
    load_profile
    install_packages run
    /usr/bin/python3 "$ROOT/tests/checks/observability/panel_queries.py" \
        --prometheus "http://127.0.0.1:$PORT_PROMETHEUS" "$@"
}

# SPDX-License-Identifier: Apache-2.0
# Rules, alerts, dashboards, notifications: checked against what the programs emit. Debian's
# own python has the yaml module.
set(checks ${PROJECT_SOURCE_DIR}/tests/checks)
set(python /usr/bin/python3)
set(programs ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})

function(add_check name timeout)
    add_test(NAME observability.${name} COMMAND ${ARGN})
    set_tests_properties(observability.${name} PROPERTIES
        TIMEOUT ${timeout} LABELS "check;observability" SKIP_RETURN_CODE 77)
endfunction()

add_check(prometheus 600 ${checks}/prometheus.sh)
add_check(alertmanager 60 ${checks}/alertmanager.sh)
add_check(dashboards 300 ${checks}/dashboards.sh ${CMAKE_BINARY_DIR})
add_check(lint-rules 60 ${python} ${checks}/observability/lint_rules.py)
add_check(lint-dashboards 60 ${python} ${checks}/observability/lint_dashboards.py)
add_check(provisioning 60 ${python} ${checks}/observability/provisioning.py)
add_check(contract 60 ${python} ${checks}/observability/contract.py --bin ${programs})
add_check(documents 60 ${python} ${checks}/observability/document.py --bin ${programs} --check)
add_check(broken-copies 600 ${python} ${checks}/observability/break_copies.py --bin ${programs})
add_check(deliveries 60 ${python} ${PROJECT_SOURCE_DIR}/prometheus/deliver.py --check)
add_check(managed-alerts 60 ${python} ${checks}/observability/provisioning.py
    ${PROJECT_SOURCE_DIR}/grafana/managed-alerts)
add_check(panel-queries 180 ${python} ${checks}/observability/panel_queries.py --bin ${programs})

add_test(NAME integration.notifications
    COMMAND ${python} ${PROJECT_SOURCE_DIR}/tests/integration/notifications.py)
set_tests_properties(integration.notifications PROPERTIES
    TIMEOUT 200 LABELS "integration;slow" SKIP_RETURN_CODE 77 COST 150)

# Inhibition and mute times, asked of a real Alertmanager.
add_test(NAME integration.alertmanager
    COMMAND ${python} ${PROJECT_SOURCE_DIR}/tests/integration/alertmanager.py)
set_tests_properties(integration.alertmanager PROPERTIES
    TIMEOUT 240 LABELS "integration" SKIP_RETURN_CODE 77)

# Needs a Grafana: GRAFANA_URL and credentials in the environment; else skipped.
add_check(live-grafana 300 ${python} ${PROJECT_SOURCE_DIR}/tests/live/grafana/check.py)
add_check(live-grafana-stand-in 180 ${python} ${PROJECT_SOURCE_DIR}/tests/live/grafana/stand_in.py)

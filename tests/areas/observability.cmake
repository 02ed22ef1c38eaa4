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

add_check(prometheus 1800 ${checks}/prometheus.sh)
add_check(alertmanager 600 ${checks}/alertmanager.sh)
add_check(dashboards 600 ${checks}/dashboards.sh ${CMAKE_BINARY_DIR})
add_check(lint-rules 600 ${python} ${checks}/observability/lint_rules.py)
add_check(lint-dashboards 600 ${python} ${checks}/observability/lint_dashboards.py)
add_check(provisioning 600 ${python} ${checks}/observability/provisioning.py)
add_check(contract 600 ${python} ${checks}/observability/contract.py --bin ${programs})
add_check(documents 600 ${python} ${checks}/observability/document.py --bin ${programs} --check)
add_check(broken-copies 1800 ${python} ${checks}/observability/break_copies.py --bin ${programs})
add_check(deliveries 600 ${python} ${PROJECT_SOURCE_DIR}/prometheus/deliver.py --check)
add_check(delivery-settings 600 ${python} ${checks}/observability/delivery.py)
add_check(custom-resource-state 600 ${python} ${checks}/observability/custom_resource_state.py
    --bin ${programs})
add_check(managed-alerts 600 ${python} ${checks}/observability/provisioning.py
    ${PROJECT_SOURCE_DIR}/grafana/managed-alerts)
add_check(panel-queries 600 ${python} ${checks}/observability/panel_queries.py --bin ${programs})

add_test(NAME integration.notifications
    COMMAND ${python} ${PROJECT_SOURCE_DIR}/tests/integration/notifications.py)
set_tests_properties(integration.notifications PROPERTIES
    TIMEOUT 1200 LABELS "integration;slow" SKIP_RETURN_CODE 77 COST 150)

# Inhibition and mute times, asked of a real Alertmanager.
add_test(NAME integration.alertmanager
    COMMAND ${python} ${PROJECT_SOURCE_DIR}/tests/integration/alertmanager.py)
set_tests_properties(integration.alertmanager PROPERTIES
    TIMEOUT 1200 LABELS "integration" SKIP_RETURN_CODE 77)

# Needs a Grafana: GRAFANA_URL and credentials in the environment; else skipped.
add_check(live-grafana 600 ${python} ${PROJECT_SOURCE_DIR}/tests/live/grafana/check.py)
add_check(live-grafana-stand-in 600 ${python} ${PROJECT_SOURCE_DIR}/tests/live/grafana/stand_in.py)

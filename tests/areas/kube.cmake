# SPDX-License-Identifier: Apache-2.0
add_test(NAME integration.kube_store COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_store.py $<TARGET_FILE:bandit-exporter>)
add_test(NAME integration.kube_lease COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_lease.py $<TARGET_FILE:bandit-operator>)
set_tests_properties(integration.kube_store integration.kube_lease PROPERTIES
    TIMEOUT 240 LABELS integration)

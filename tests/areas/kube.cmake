# SPDX-License-Identifier: Apache-2.0
foreach(name kube_pure kube_config kube_watch kube_lease kube_events kube_plugin)
    add_unit(${name} DEPS store kube)
endforeach()
add_unit(kube_client SOURCES support/scripted_server.c DEPS kube base)
add_unit(kube_torture SOURCES support/torn_server.c DEPS kube base)
set_tests_properties(unit.kube_torture PROPERTIES TIMEOUT 1800)
add_fuzz(watch DEPS kube)

add_test(NAME integration.kube_store COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_store.py $<TARGET_FILE:bandit-exporter>)
add_test(NAME integration.kube_lease COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_lease.py $<TARGET_FILE:bandit-operator>)
add_test(NAME integration.kube_farewell COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_farewell.py $<TARGET_FILE:bandit-operator>)
add_test(NAME integration.kube_rbac COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_rbac.py $<TARGET_FILE:bandit-exporter>
    $<TARGET_FILE:bandit-operator>)
add_executable(kube_probe ${PROJECT_SOURCE_DIR}/tests/support/kube_probe.c)
target_link_libraries(kube_probe PRIVATE flags kube)
add_test(NAME integration.kube_verbs COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_verbs.py $<TARGET_FILE:kube_probe>)
set_tests_properties(integration.kube_store integration.kube_lease integration.kube_verbs
    integration.kube_farewell integration.kube_rbac PROPERTIES
    TIMEOUT 900 LABELS integration)

# Against a real API server; skipped, with the reason, where there is none.
add_test(NAME integration.kube_real COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_real.py $<TARGET_FILE:bandit-exporter>
    $<TARGET_FILE:bandit-operator>)
add_test(NAME integration.kube_story COMMAND /usr/bin/python3 -W ignore
    ${PROJECT_SOURCE_DIR}/tests/integration/kube_story.py $<TARGET_FILE:bandit-operator>)
add_test(NAME integration.cluster-story COMMAND /usr/bin/python3 -W ignore
    ${PROJECT_SOURCE_DIR}/tests/integration/cluster_story.py $<TARGET_FILE:bandit-operator>)
set_tests_properties(integration.kube_real integration.kube_story integration.cluster-story PROPERTIES
    TIMEOUT 1800 LABELS integration SKIP_RETURN_CODE 77)
set_tests_properties(integration.cluster-story PROPERTIES LABELS "integration;slow" COST 140)

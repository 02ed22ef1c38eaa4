# SPDX-License-Identifier: Apache-2.0
add_unit(haproxy DEPS dataplane)
add_unit(workqueue DEPS controller)
add_unit(packed_route DEPS controller)
add_unit(debug SOURCES bench/exposition/fleet.c support/meanwhile.c DEPS controller)
add_unit(json_stream DEPS rewards)
add_unit(rewards DEPS rewards)
add_unit(split SOURCES support/arms_route.c DEPS dataplane)
add_unit(endpoints DEPS dataplane)
add_unit(readers DEPS dataplane)
add_fuzz(haproxy_state DEPS dataplane)
add_fuzz(split SOURCES support/arms_route.c DEPS dataplane)
add_fuzz(prometheus_answer DEPS rewards)
foreach(concern claims reconcile reconcile_faults farewell saving)
    add_unit(${concern} SOURCES support/reconcile_world.c DEPS controller)
endforeach()
add_unit(route_events DEPS controller)
add_unit(write_budget DEPS controller)

foreach(test operator_life operator_hostile operator_crash operator_torture)
    add_test(NAME integration.${test} COMMAND /usr/bin/python3
        ${PROJECT_SOURCE_DIR}/tests/integration/${test}.py $<TARGET_FILE:bandit-operator>)
    set_tests_properties(integration.${test} PROPERTIES TIMEOUT 900 LABELS integration)
endforeach()

# HTTPRoutes and VirtualServices, over a fake API server and over a real one, if there is one.
foreach(server fake real)
    add_test(NAME integration.operator_mesh_${server} COMMAND /usr/bin/python3
        ${PROJECT_SOURCE_DIR}/tests/integration/operator_mesh.py $<TARGET_FILE:bandit-operator> ${server})
    set_tests_properties(integration.operator_mesh_${server} PROPERTIES
        TIMEOUT 1200 LABELS integration SKIP_RETURN_CODE 77)
endforeach()

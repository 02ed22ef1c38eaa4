# SPDX-License-Identifier: Apache-2.0
add_unit(json DEPS json base)
target_link_options(test_json PRIVATE -Wl,--wrap=strcmp) # to count the work
add_unit(yaml DEPS json base)
add_unit(meanings SOURCES support/chaos.c support/stage.c DEPS core)
add_unit(route SOURCES support/route_cases.c DEPS route json base)
add_unit(route_status SOURCES support/route_cases.c DEPS route json base m)
add_unit(last_good DEPS store json base)
add_unit(store_dir DEPS store route json base)
add_unit(manifest DEPS store route json base)

add_fuzz(json DEPS json base)
add_fuzz(yaml DEPS json base)
add_fuzz(route DEPS route json base m)
add_fuzz(status DEPS route json base m)

# What is made of the object's tables, and whether it is right.
add_executable(describe-route support/describe_decisions.c support/describe_route.c
    support/route_cases.c)
target_include_directories(describe-route PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(describe-route PRIVATE TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
target_link_libraries(describe-route PRIVATE flags route json base)
add_test(NAME check.route-described
    COMMAND ${PROJECT_SOURCE_DIR}/tests/checks/route_described.sh $<TARGET_FILE:describe-route>)
set_tests_properties(check.route-described PROPERTIES TIMEOUT 600 LABELS unit)
add_test(NAME check.route-schema
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/checks/route_schema.py
        $<TARGET_FILE:describe-route>)
set_tests_properties(check.route-schema PROPERTIES TIMEOUT 600 LABELS unit)
add_test(NAME integration.route-apiserver
    COMMAND /usr/bin/python3 -W ignore ${PROJECT_SOURCE_DIR}/tests/integration/route_apiserver.py
        $<TARGET_FILE:describe-route>)
set_tests_properties(integration.route-apiserver PROPERTIES
    TIMEOUT 900 LABELS integration SKIP_RETURN_CODE 77)

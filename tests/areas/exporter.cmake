# SPDX-License-Identifier: Apache-2.0
add_unit(exporter SOURCES bench/exposition/fleet.c support/meanwhile.c DEPS exporter z)
add_subdirectory(${PROJECT_SOURCE_DIR}/tests/bench/exposition
    ${CMAKE_BINARY_DIR}/tests/bench/exposition)

# The real program, and judges that are not ours: promtool and Prometheus.
foreach(test objects secure robust socket)
    set(judge)
    if(test STREQUAL objects)
        set(judge promtool)
    elseif(test STREQUAL secure)
        set(judge prometheus)
    endif()
    add_test(NAME integration.exporter_${test}
        COMMAND /usr/bin/python3 -W ignore
            ${PROJECT_SOURCE_DIR}/tests/integration/exporter_${test}.py
            $<TARGET_FILE:bandit-exporter> ${judge})
    set_tests_properties(integration.exporter_${test} PROPERTIES
        TIMEOUT 900 LABELS integration)
endforeach()

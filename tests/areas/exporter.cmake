# SPDX-License-Identifier: Apache-2.0
add_unit(exporter SOURCES bench/exposition/fleet.c DEPS exporter z)
add_subdirectory(${PROJECT_SOURCE_DIR}/tests/bench/exposition
    ${CMAKE_BINARY_DIR}/tests/bench/exposition)

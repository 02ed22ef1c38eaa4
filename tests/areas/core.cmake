# SPDX-License-Identifier: Apache-2.0
foreach(concept policies leader guardrails orders clock)
    add_unit(core_${concept} SOURCES support/decided.c support/stage.c DEPS core)
endforeach()
add_unit(core_rounding DEPS core)
add_unit(core_missing SOURCES support/stage.c DEPS core)
add_unit(core_properties SOURCES support/chaos.c support/stage.c DEPS core)
add_unit(core_stats DEPS core sim)
add_unit(core_story DEPS core sim)
add_unit(scenario DEPS sim)

add_fuzz(decide DEPS core)
target_sources(fuzz_decide PRIVATE support/chaos.c support/stage.c)
target_include_directories(fuzz_decide PRIVATE ${PROJECT_SOURCE_DIR}/tests)

# What the decisions must reach in simulated worlds: seeded, so that it never wavers.
set(scenarios ${PROJECT_SOURCE_DIR}/operator/sim/scenarios)
add_test(NAME sim.gate COMMAND bandit-sim --gate --seeds 30 ${scenarios}/stationary.yaml
    ${scenarios}/broken-leader.yaml ${scenarios}/load-coupled.yaml ${scenarios}/demo.yaml)
add_test(NAME sim.gate-more COMMAND bandit-sim --gate --seeds 15 ${scenarios}/close.yaml
    ${scenarios}/delayed-labels.yaml ${scenarios}/drift.yaml ${scenarios}/outages.yaml
    ${scenarios}/load-coupled-broken.yaml ${scenarios}/collapsed-leader.yaml)
set_tests_properties(sim.gate sim.gate-more PROPERTIES TIMEOUT 1200 LABELS simulation)

# The same choices from the same counts as a library that others use; skipped, with the
# reason, where it cannot be fetched.
add_executable(decide-lines support/decide_lines.c)
target_link_libraries(decide-lines PRIVATE flags core route json base)
add_test(NAME sim.peer COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/bench/peer/choices.py
    $<TARGET_FILE:decide-lines>)
set_tests_properties(sim.peer PROPERTIES TIMEOUT 1200 LABELS simulation SKIP_RETURN_CODE 77)

add_executable(bench_decide bench/decide.c support/stage.c)
target_include_directories(bench_decide PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_decide PRIVATE flags core)

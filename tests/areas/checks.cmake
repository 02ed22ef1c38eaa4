# SPDX-License-Identifier: Apache-2.0
# What people would otherwise argue about in review. tidy needs compile_commands.json.
foreach(check layers banned headers format shell words)
    add_test(NAME check.${check} COMMAND ${PROJECT_SOURCE_DIR}/tests/checks/${check}.sh)
    set_tests_properties(check.${check} PROPERTIES TIMEOUT 1200 LABELS check)
endforeach()
add_test(NAME check.tidy
    COMMAND ${PROJECT_SOURCE_DIR}/tests/checks/tidy.sh ${CMAKE_BINARY_DIR})
set_tests_properties(check.tidy PROPERTIES TIMEOUT 3600 LABELS "check" COST 1000)

# The page of all flags, made from the tables that read them.
add_test(NAME check.flags COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/checks/flags.py
    --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} --check)
set_tests_properties(check.flags PROPERTIES TIMEOUT 600 LABELS check)

# What the manual tells people to type or to write down, read by the programs it is for.
add_test(NAME check.examples COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/checks/examples.py
    --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(check.examples PROPERTIES TIMEOUT 900 LABELS check)

# SPDX-License-Identifier: Apache-2.0
add_unit(replay DEPS replay)
add_unit(journal DEPS replay)
add_fuzz(journal DEPS journal)
add_fuzz(recording DEPS replay)

# A stretch of the demo that was really recorded: the live decisions come out again.
add_test(NAME integration.replay COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/replay.py $<TARGET_FILE:bandit-operator>)
set_tests_properties(integration.replay PROPERTIES TIMEOUT 900 LABELS integration)

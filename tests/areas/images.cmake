# SPDX-License-Identifier: Apache-2.0
# Container images, built and run hardened, and the compose file. They use cores, ports and
# a storage that all of them share, so they run alone.
add_test(NAME integration.probe COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/probe.py $<TARGET_FILE:http-probe>)
set_tests_properties(integration.probe PROPERTIES TIMEOUT 900 LABELS integration)

add_test(NAME images.compose-file COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/images/compose_file.py)
set_tests_properties(images.compose-file PROPERTIES TIMEOUT 600 LABELS check)

foreach(test hardened compose)
    add_test(NAME images.${test} COMMAND /usr/bin/python3
        ${PROJECT_SOURCE_DIR}/tests/images/${test}.py)
    set_tests_properties(images.${test} PROPERTIES
        TIMEOUT 3000 LABELS images RUN_SERIAL ON SKIP_RETURN_CODE 77
        ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
set_tests_properties(images.compose PROPERTIES DEPENDS images.hardened)

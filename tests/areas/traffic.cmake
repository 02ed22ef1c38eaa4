# SPDX-License-Identifier: Apache-2.0
add_unit(traffic DEPS traffic)
add_test(NAME integration.traffic COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/traffic.py $<TARGET_FILE:traffic-generator>)
set_tests_properties(integration.traffic PROPERTIES TIMEOUT 900 LABELS integration)

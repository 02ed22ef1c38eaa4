# SPDX-License-Identifier: Apache-2.0
# The whole loop with real HAProxy, Prometheus and Alertmanager. Times matter in these
# stories, so they run alone.
add_test(NAME e2e.story COMMAND ${PROJECT_SOURCE_DIR}/tests/e2e/story.py)
set_tests_properties(e2e.story PROPERTIES
    TIMEOUT 1800 LABELS e2e RUN_SERIAL ON
    ENVIRONMENT "BANDIT_BUILD_DIR=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")

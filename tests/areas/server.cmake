# SPDX-License-Identifier: Apache-2.0
if(TARGET server)
    add_unit(server DEPS server)
    add_unit(trace DEPS server)
    add_fuzz(predict_request DEPS server)
    add_fuzz(prediction_id DEPS server)
    add_test(NAME integration.server COMMAND /usr/bin/python3
        ${PROJECT_SOURCE_DIR}/tests/integration/server.py $<TARGET_FILE:model-server>)
    set_tests_properties(integration.server PROPERTIES TIMEOUT 900 LABELS integration)
endif()

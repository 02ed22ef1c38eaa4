# SPDX-License-Identifier: Apache-2.0
foreach(name httpc httpc_pool httpc_stream)
    add_unit(${name} SOURCES support/scripted_server.c DEPS httpc)
endforeach()
foreach(name httpc httpc_pool) # to fail
    target_link_options(test_${name} PRIVATE
        -Wl,--wrap=curl_multi_perform -Wl,--wrap=curl_multi_poll)
endforeach()

add_executable(httpc_probe ${PROJECT_SOURCE_DIR}/tests/support/httpc_probe.c)
target_link_libraries(httpc_probe PRIVATE flags httpc)
add_test(NAME integration.httpc-tls COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/httpc_tls.py $<TARGET_FILE:httpc_probe>)
set_tests_properties(integration.httpc-tls PROPERTIES TIMEOUT 900 LABELS integration)

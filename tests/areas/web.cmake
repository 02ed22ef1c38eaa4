# SPDX-License-Identifier: Apache-2.0
add_unit(httpd SOURCES support/client.c DEPS httpd)
target_link_options(test_httpd PRIVATE # to fail
    -Wl,--wrap=MHD_create_response_from_callback)
add_unit(web DEPS web z)
add_unit(web_guard DEPS web)
add_unit(web_server SOURCES support/client.c DEPS web)
add_fuzz(web_config DEPS web)

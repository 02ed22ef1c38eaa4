# SPDX-License-Identifier: Apache-2.0
add_unit(httpd SOURCES support/client.c DEPS httpd)
add_unit(web DEPS web z)
add_fuzz(web_config DEPS web)

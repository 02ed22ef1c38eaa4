# SPDX-License-Identifier: Apache-2.0
add_unit(httpd SOURCES support/client.c DEPS httpd)

# SPDX-License-Identifier: Apache-2.0
add_unit(httpc SOURCES support/scripted_server.c DEPS httpc)

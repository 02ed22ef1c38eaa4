# SPDX-License-Identifier: Apache-2.0
if(TARGET server)
    add_unit(server DEPS server)
endif()

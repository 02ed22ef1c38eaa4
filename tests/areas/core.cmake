# SPDX-License-Identifier: Apache-2.0
add_unit(core_story DEPS core sim)

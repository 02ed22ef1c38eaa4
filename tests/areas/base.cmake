# SPDX-License-Identifier: Apache-2.0
add_unit(base DEPS base)
add_fuzz(number DEPS base)

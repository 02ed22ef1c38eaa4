# SPDX-License-Identifier: Apache-2.0
add_unit(golden DEPS engine m)

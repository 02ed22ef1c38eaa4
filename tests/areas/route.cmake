# SPDX-License-Identifier: Apache-2.0
add_unit(json DEPS json base)
add_unit(yaml DEPS json base)

# SPDX-License-Identifier: Apache-2.0
add_unit(json DEPS json base)
add_unit(yaml DEPS json base)
add_unit(route SOURCES support/route_cases.c DEPS route json base)
add_unit(route_status SOURCES support/route_cases.c DEPS route json base m)
add_unit(store_dir DEPS store route json base)

add_fuzz(json DEPS json base)
add_fuzz(yaml DEPS json base)
add_fuzz(route DEPS route json base m)
add_fuzz(status DEPS route json base m)

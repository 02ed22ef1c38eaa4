# SPDX-License-Identifier: Apache-2.0
add_unit(base DEPS base)
add_unit(rate DEPS base)
add_unit(log DEPS base json)
add_unit(hash DEPS base exporter journal)
add_fuzz(number DEPS base)

# SPDX-License-Identifier: Apache-2.0
add_unit(haproxy DEPS dataplane)
add_unit(workqueue DEPS controller)
add_fuzz(haproxy_state DEPS dataplane)

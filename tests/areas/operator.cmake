# SPDX-License-Identifier: Apache-2.0
add_unit(haproxy DEPS dataplane)
add_unit(workqueue DEPS controller)
add_unit(json_stream DEPS rewards)
add_unit(rewards DEPS rewards)
add_fuzz(haproxy_state DEPS dataplane)
add_fuzz(prometheus_answer DEPS rewards)
add_unit(reconcile DEPS controller)

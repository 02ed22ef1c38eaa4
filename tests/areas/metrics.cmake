# SPDX-License-Identifier: Apache-2.0
add_unit(metrics DEPS metrics)
add_unit(exemplars DEPS metrics)
# The judge of OpenMetrics pages has to find every fault it knows.
add_test(NAME unit.openmetrics_judge
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/support/openmetrics_faults.py)
add_fuzz(accept DEPS metrics web)
add_fuzz(labels DEPS metrics)

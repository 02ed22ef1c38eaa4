# SPDX-License-Identifier: Apache-2.0
add_unit(metrics DEPS metrics)
add_fuzz(accept DEPS metrics web)
add_fuzz(labels DEPS metrics)

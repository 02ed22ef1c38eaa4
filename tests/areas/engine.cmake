# SPDX-License-Identifier: Apache-2.0
# The ONNX engine and the trainers.
add_unit(golden DEPS engine m)
add_fuzz(model DEPS engine)
add_fuzz(csv DEPS trainer)

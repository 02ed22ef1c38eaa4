# SPDX-License-Identifier: Apache-2.0
# The ONNX engine and the trainers.
add_unit(engine DEPS engine trainer m)
add_unit(golden DEPS engine m)
add_unit(trainer DEPS trainer m)
add_fuzz(model DEPS engine)
add_fuzz(csv DEPS trainer)

# Not a test: tests/bench/engine/engine_bench.c says how to run it.
add_executable(engine_bench bench/engine/engine_bench.c)
target_link_libraries(engine_bench PRIVATE flags engine)

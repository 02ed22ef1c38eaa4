# SPDX-License-Identifier: Apache-2.0
# The ONNX engine and the trainers.
add_unit(engine DEPS engine trainer m)
add_unit(golden DEPS engine m)
add_unit(trees DEPS engine m)
add_unit(trainer DEPS trainer m)
add_fuzz(model DEPS engine)
add_fuzz(csv DEPS csv trainer)

# Not a test: tests/bench/engine/engine_bench.c says how to run it.
add_executable(engine_bench bench/engine/engine_bench.c)
target_link_libraries(engine_bench PRIVATE flags engine)

add_executable(model_accuracy support/model_accuracy.c)
target_link_libraries(model_accuracy PRIVATE flags engine trainer)
add_test(NAME integration.trainer COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/trainer.py
    $<TARGET_FILE:model-trainer> $<TARGET_FILE:model_accuracy>)
add_test(NAME integration.trainer_accuracy COMMAND /usr/bin/python3
    ${PROJECT_SOURCE_DIR}/tests/integration/trainer_accuracy.py
    $<TARGET_FILE:model-trainer> $<TARGET_FILE:model_accuracy>)
set_tests_properties(integration.trainer PROPERTIES TIMEOUT 900 LABELS integration)
set_tests_properties(integration.trainer_accuracy PROPERTIES
    TIMEOUT 1800 LABELS integration SKIP_RETURN_CODE 77)

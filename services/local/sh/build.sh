# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The programs, and the models that they serve.

PROGRAMS=(bandit-operator bandit-exporter bandit-sim model-server model-trainer traffic-generator)

build_programs() {
    local log=$RUN/log/build.log
    mkdir -p "$RUN/log"
    if [ ! -f "$BUILD/build.ninja" ]; then
        step "Configuring the build"
        (cd "$ROOT" && cmake --preset release -B "$BUILD") >"$log" 2>&1 ||
            { tail -n 20 "$log" >&2; die "configuring failed; see $log"; }
    fi
    step "Building ${#PROGRAMS[@]} programs"
    if [ -t 1 ]; then
        ninja -C "$BUILD" "${PROGRAMS[@]}" || die "the build failed"
    else
        ninja -C "$BUILD" "${PROGRAMS[@]}" >"$log" 2>&1 ||
            { grep -E 'error|FAILED' "$log" | head -n 20 >&2; die "the build failed; see $log"; }
    fi
}

# train KIND NAME: one arm's model, once, and again when trainer or data change.
train() {
    local kind=$1 name=$2 model=$RUN/models/$2.onnx
    if [ "$model" -nt "$RUN/models/digits-train.csv" ] && [ "$model" -nt "$BIN/model-trainer" ]; then
        return
    fi
    "$BIN/model-trainer" "$kind" --data "$RUN/models/digits-train.csv" --out "$model" \
        --name digits --seed 42 >"$RUN/log/train-$name.log" 2>&1 ||
        { tail -n 10 "$RUN/log/train-$name.log" >&2; die "training $name failed"; }
    note "$name: $(grep -m1 -i accuracy "$RUN/log/train-$name.log" || echo trained)"
}

train_models() {
    local data=$ROOT/services/trainer/data/digits.csv
    mkdir -p "$RUN/models" "$RUN/log"
    if [ ! "$RUN/models/digits-train.csv" -nt "$data" ]; then
        "$BIN/model-trainer" split --data "$data" --train "$RUN/models/digits-train.csv" \
            --holdout "$RUN/models/digits-holdout.csv" --share 0.2 --seed 42 >"$RUN/log/split.log" 2>&1 ||
            { cat "$RUN/log/split.log" >&2; die "splitting the data failed"; }
    fi
    step "Training the three arms on handwritten digits"
    train lr logistic-regression
    train svm svm
    train rf random-forest
}

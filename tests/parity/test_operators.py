"""Every operator of the step table: value and gradient through a converted gradient tape, against TensorFlow.

One script has a tape for each operator; it is converted by the engine, and both frameworks run it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tf2ms_opt.engine import convert_source
from tf2ms_opt.options import Options
from tf2ms_opt.ruleset import load
from tf2ms_opt.runtime_module import compose

#: name below tensorflow -> an expression of w (3, 5), above 0 and no multiple of anything, and of constants
EXPRESSIONS = {
    "reduce_mean": "tf.reduce_mean(w, axis=1, keepdims=True)",
    "math.reduce_mean": "tf.math.reduce_mean(w)",
    "reduce_sum": "tf.reduce_sum(w, 0) * tf.reduce_sum(w, axis=1, keepdims=True)",
    "math.reduce_sum": "tf.math.reduce_sum(w * w)",
    "square": "tf.square(w)", "math.square": "tf.math.square(w)",
    "sqrt": "tf.sqrt(w)", "math.sqrt": "tf.math.sqrt(w)",
    "exp": "tf.exp(w)", "math.exp": "tf.math.exp(-w)", "math.log": "tf.math.log(w)",
    "abs": "tf.abs(w - 1.0)", "math.abs": "tf.math.abs(w - 1.0)",
    "sign": "tf.sign(w - 1.0) * w", "math.sign": "tf.math.sign(w) * w",
    "sin": "tf.sin(w)", "cos": "tf.cos(w)", "math.sin": "tf.math.sin(w)", "math.cos": "tf.math.cos(w)",
    "tanh": "tf.tanh(w)", "math.tanh": "tf.math.tanh(w)", "nn.tanh": "tf.nn.tanh(w)",
    "sigmoid": "tf.sigmoid(w)", "math.sigmoid": "tf.math.sigmoid(w)", "nn.sigmoid": "tf.nn.sigmoid(w)",
    "nn.relu": "tf.nn.relu(w - 1.0)",
    "nn.softmax": "tf.nn.softmax(w) * w", "nn.log_softmax": "tf.nn.log_softmax(w, axis=-1) * w",
    "stop_gradient": "tf.stop_gradient(w) * w",
    "multiply": "tf.multiply(w, w)", "math.multiply": "tf.math.multiply(w, 2.0 * w)",
    "add": "tf.add(w, w * w)", "math.add": "tf.math.add(w, w)",
    "subtract": "tf.subtract(w * w, w)", "math.subtract": "tf.math.subtract(w, w * w)",
    "pow": "tf.pow(w, 3.0)", "math.pow": "tf.math.pow(w, 0.5)",
    "matmul": "tf.matmul(w, tf.reshape(w, [5, 3]))", "linalg.matmul": "tf.linalg.matmul(tf.reshape(w, (5, 3)), w)",
    "add_n": "tf.add_n([w, w * w, w])", "math.add_n": "tf.math.add_n([w, w])",
    "reshape": "tf.reshape(w, (-1, 3)) * tf.reshape(w * w, shape=(5, 3))",
    "expand_dims": "tf.expand_dims(w, axis=1) * w",
    "squeeze": "tf.squeeze(tf.expand_dims(w, -1)) * w",
    "concat": "tf.concat([w, w * w], axis=0)", "stack": "tf.stack([w, w * w], axis=1)",
    "ones_like": "tf.ones_like(w) * w", "zeros_like": "tf.zeros_like(w) + w",
    "clip_by_value": "tf.clip_by_value(w, 0.3, 1.1)", "clip_by_norm": "tf.clip_by_norm(w, 0.7) * w",
    "cast": "tf.cast(w, tf.float32) * tf.cast(tf.constant([1, 2, 3, 4, 5]), tf.float32)",
    "constant": "tf.constant([1.0, 2.0, 3.0, 4.0, 5.0]) * w",
    "convert_to_tensor": "tf.convert_to_tensor([[2.0], [3.0], [4.0]]) * w",
    "one_hot": "tf.one_hot(tf.constant([1, 7, 4]), 5) * w",
    "argmax": "tf.cast(tf.argmax(w, axis=1), tf.float32) * tf.reduce_sum(w)",
    "math.argmax": "tf.cast(tf.math.argmax(w, axis=0), tf.float32) * w",
    "equal": "tf.cast(tf.equal(w, w), tf.float32) * w", "math.equal": "tf.cast(tf.math.equal(w, 1.0), tf.float32) + w",
    "nn.l2_loss": "tf.nn.l2_loss(w)",
    "nn.sigmoid_cross_entropy_with_logits":
        "tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.one_hot(tf.constant([1, 0, 4]), 5), logits=w * 9.0)",
    "nn.softmax_cross_entropy_with_logits":
        "tf.nn.softmax_cross_entropy_with_logits(labels=tf.one_hot(tf.constant([1, 0, 4]), 5), logits=w * 9.0)",
    "nn.sparse_softmax_cross_entropy_with_logits":
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant([1, 0, 4]), logits=w * 9.0)",
    "keras.backend.mean": "K.mean(w, axis=-1)", "keras.backend.sum": "K.sum(w, axis=0)",
    "keras.backend.square": "K.square(w)", "keras.backend.exp": "K.exp(w)", "keras.backend.log": "K.log(w)",
    "keras.backend.abs": "K.abs(w - 1.0)", "keras.backend.cast": "K.cast(w, tf.float32)",
    "keras.ops.mean": "keras.ops.mean(w, axis=1)", "keras.ops.sum": "keras.ops.sum(w, axis=1, keepdims=True)",
    "keras.ops.square": "keras.ops.square(w)", "keras.ops.sqrt": "keras.ops.sqrt(w)",
    "keras.ops.exp": "keras.ops.exp(w)", "keras.ops.log": "keras.ops.log(w)", "keras.ops.abs": "keras.ops.abs(w - 1.0)",
    "keras.ops.stop_gradient": "keras.ops.stop_gradient(w) * w",
    "ones": "tf.ones((3, 5)) * w", "zeros": "tf.zeros([3, 5]) + w",
    "transpose": "tf.transpose(w) * tf.reshape(w, (5, 3))",
    "maximum": "tf.maximum(w, tf.ones((3, 5))) * tf.maximum(w, w)", "math.maximum": "tf.math.maximum(w, 1.0)",
    "minimum": "tf.minimum(w, tf.ones((3, 5))) * tf.minimum(w, w)", "math.minimum": "tf.math.minimum(w, 1.0)",
    "math.squared_difference": "tf.math.squared_difference(w, w * w)",
    "tile": "tf.tile(w, [2, 1])", "gather": "tf.gather(w, tf.constant([2, 0, 2]))",
    "greater": "tf.cast(tf.greater(w, 1.0), tf.float32) * w",
    "math.greater": "tf.cast(tf.math.greater(w, w * w), tf.float32) * w",
    "less": "tf.cast(tf.less(w, 1.0), tf.float32) * w", "math.less": "tf.cast(tf.math.less(w, w), tf.float32) + w",
    "greater_equal": "tf.cast(tf.greater_equal(w, w), tf.float32) * w",
    "math.greater_equal": "tf.cast(tf.math.greater_equal(w, 1.0), tf.float32) * w",
    "less_equal": "tf.cast(tf.less_equal(w, w), tf.float32) * w",
    "math.less_equal": "tf.cast(tf.math.less_equal(w, 1.0), tf.float32) * w",
    "not_equal": "tf.cast(tf.not_equal(w, w), tf.float32) + w",
    "math.not_equal": "tf.cast(tf.math.not_equal(w, 1.0), tf.float32) * w",
    "divide": "tf.divide(w, w + 1.0)", "math.divide": "tf.math.divide(w, 3.0)",
    "negative": "tf.negative(w)", "math.negative": "tf.math.negative(w)",
    "nn.softplus": "tf.nn.softplus(w)", "math.softplus": "tf.math.softplus(w - 1.0)",
    "keras.metrics.categorical_accuracy":
        "keras.metrics.categorical_accuracy(tf.one_hot(tf.constant([1, 4, 4]), 5), w) * tf.reduce_sum(w)",
    "keras.metrics.sparse_categorical_accuracy":
        "keras.metrics.sparse_categorical_accuracy(tf.constant([1, 4, 4]), w) * tf.reduce_sum(w)",
}  # fmt: skip
#: random, so nothing but its shape can be compared
RANDOM = {"random.normal", "random.uniform"}
BOUND = 3e-6
HEAD = """\
import keras
import tensorflow as tf
from tensorflow.keras import backend as K
from network import net, report

optimizer = keras.optimizers.RMSprop(0.0)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(net())
optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))


"""
CASE = """\
def case_{number}():
    optimizer_{number} = keras.optimizers.RMSprop(0.0)
    with tf.GradientTape() as tape:
        w = net()
        value = {expression}
        loss = tf.reduce_sum(value * value)
    gradients = tape.gradient(loss, net.trainable_variables)
    report({number}, value, gradients)
    optimizer_{number}.apply_gradients(zip(gradients, net.trainable_variables))


case_{number}()
"""
TENSORFLOW = """
import keras
import numpy as np
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.w = self.add_weight(shape=(3, 5), name="w", dtype="float32")
        self.w.assign(np.linspace(0.1, 1.9, 15, dtype="float32").reshape(3, 5))
        self.built = True
    def __call__(self):
        return 1.0 * self.w
"""
MINDSPORE = """
import mindspore
import numpy as np
from mindspore import Parameter, Tensor, nn
mindspore.set_context(mode=mindspore.{mode}_MODE)
class Net(nn.Cell):
    def __init__(self):
        super().__init__()
        self.w = Parameter(Tensor(np.linspace(0.1, 1.9, 15, dtype="float32").reshape(3, 5)), name="w")
    def construct(self):
        return 1.0 * self.w
"""
REPORT = """
import atexit, json
net, found = Net(), {}
def report(number, value, gradients):
    found[number] = [np.asarray(one).astype("float64").ravel().tolist() for one in (value, gradients[0])]
atexit.register(lambda: open("found.json", "w").write(json.dumps(found)))
"""


def run(folder, script, network):
    """The script's numbers in one framework."""
    folder.mkdir()
    (folder / "script.py").write_text(script, "utf-8")
    (folder / "network.py").write_text(network + REPORT, "utf-8")
    environment = {**os.environ, "GLOG_v": "3", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {int(number): one for number, one in json.loads((folder / "found.json").read_text("utf-8")).items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """TensorFlow's numbers, then those of both modes of MindSpore."""
    folder = tmp_path_factory.mktemp("operators")
    cases = [CASE.format(number=number, expression=one) for number, one in enumerate(EXPRESSIONS.values())]
    script = HEAD + "\n\n".join(cases)
    outcome = convert_source(script.encode(), load(), Options(tf_version="2.16"))
    assert [one.message for one in outcome.findings if one.code in ("TMO212", "TMO904")] == []
    converted = outcome.after.decode()
    assert "tf." not in converted
    results = [run(folder / "tensorflow", script, TENSORFLOW)]
    for mode in ("PYNATIVE", "GRAPH"):
        runtime = compose(outcome.runtime.classes)
        place = folder / mode
        results.append(run_with(place, converted, MINDSPORE.replace("{mode}", mode), runtime))
    return results


def run_with(folder, script, network, runtime):
    folder.parent.mkdir(exist_ok=True)
    (folder.parent / "tf2ms_runtime.py").write_text(runtime, "utf-8")
    return run(folder, f"import sys\nsys.path.append('..')\n{script}", network)


def test_every_operator_has_a_case():
    table = {name for one in load().step.operation for name in one.names}
    assert set(EXPRESSIONS) | RANDOM == table


@pytest.mark.parametrize("mode", [1, 2], ids=["PYNATIVE", "GRAPH"])
@pytest.mark.parametrize("number", range(len(EXPRESSIONS)), ids=list(EXPRESSIONS))
def test_an_operator(number, mode, found):
    original, ours = found[0][number], found[mode][number]
    for part, one, other in zip(("value", "gradient"), original, ours, strict=True):
        assert len(one) == len(other), part
        largest = max(map(abs, one)) or 1.0
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) / largest <= BOUND, part

"""What Keras' ``fit``, ``evaluate`` and ``predict`` take, as batches of MindSpore tensors."""

from __future__ import annotations

import math

import numpy as np
from mindspore import Tensor, mint, nn
from mindspore.dataset import Dataset, NumpySlicesDataset, Sampler


def _plain_array(values, name):
    """``values`` as one array of numbers; lists and dictionaries of arrays, generators and the like are refused."""
    if isinstance(values, (list, tuple)):
        taken = not any(np.ndim(one) for one in values if hasattr(one, "shape"))
    else:
        taken = hasattr(values, "asnumpy") or hasattr(values, "__array__")
    array = np.asarray(values.asnumpy() if hasattr(values, "asnumpy") else values) if taken else np.asarray(None)
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} has to be one array of numbers (of NumPy or pandas, a tensor, or lists of numbers), or a dataset"
            f" of MindSpore in batches, and is {type(values).__name__}{f' of {array.dtype}' if taken else ''}"
        )
    return array


def _network_inputs(values, indices):
    """``x`` as the network takes it: int32 where ``indices`` are looked up in it, and float32 as in Keras elsewhere.

    One number a sample becomes a row of one number, as in Keras' ``adjust_input_rank``, but where it is an index.
    Whole numbers of a floating type are indices as well where the network begins with looking up, as in Keras.
    """
    array = _plain_array(values, "x")
    if array.ndim == 1 and not indices:
        array = array[:, None]
    whole = array.dtype.kind != "f" or (indices == "first" and bool((array == np.floor(array)).all()))
    return array.astype(np.int32 if indices and whole else np.float32, copy=False)


def _network_labels(values):
    array = _plain_array(values, "y")
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int32, copy=False)


def _looks_up(network):
    """Whether integers are indices to ``network``; ``"first"`` where that is the first thing that it does with them."""
    tables = (nn.Embedding, nn.EmbeddingLookup, mint.nn.Embedding)
    cells = [cell for _, cell in network.cells_and_names()]
    if not any(isinstance(cell, tables) for cell in cells):
        return False
    weighted = [cell for cell in cells if cell.trainable_params() and not any(cell.cells())]
    return "first" if weighted and isinstance(weighted[0], tables) else True


def _class_weights(labels, class_weight):
    """The weight of its class for every sample; 1 where the dictionary has none, for which Keras 2 raises an error.

    Source: ``class_weight_to_sample_weights`` in ``data_adapter_utils.py`` of Keras 3.15.
    """
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels[..., 0]
    if labels.ndim > 1:
        raise ValueError(f"class_weight is for one label a sample, and there are {labels.shape[1:]}")
    return np.array([class_weight.get(int(one), 1.0) for one in np.round(labels)], np.float32)


def _split_off(arrays, validation_split):
    """Arrays without their last part, and that part.  Source: ``array_slicing.py`` of Keras 3.15."""
    samples = len(arrays[0])
    first = math.floor(samples * (1.0 - validation_split))
    if not 0 < first < samples:
        raise ValueError(f"validation_split={validation_split} leaves nothing to train with, or to validate with")
    return tuple(one[:first] for one in arrays), tuple(one[first:] for one in arrays)


def _is_due(epoch, validation_freq):
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    if isinstance(validation_freq, list):
        return epoch + 1 in validation_freq
    raise ValueError(f"validation_freq has to be a number or a list of numbers, and is {validation_freq!r}")


class _Permutations(Sampler):
    """A new order of all samples for every epoch.

    MindSpore's own ``shuffle=True`` starts anew with every iterator: after ``mindspore.set_seed`` all calls of ``fit``
    would have the same orders.
    """

    def __init__(self, samples):
        super().__init__()
        self.samples = samples
        self.random = np.random.RandomState(np.random.randint(2**31))  # noqa: NPY002 - what set_seed is for

    def __iter__(self):
        return iter(self.random.permutation(self.samples).tolist())


class _Batches:
    """``source``, arrays of equal length or a dataset, batch by batch: every one a tuple of tensors."""

    def __init__(self, source, batch_size, indices, shuffle=False):
        self.indices = indices
        self.dataset = source
        if not isinstance(source, Dataset):
            lengths = [len(one) for one in source]
            if len(set(lengths)) > 1 or not lengths[0]:
                raise ValueError(f"x, y and their weights need the same number of samples, and have {lengths}")
            order = {"sampler": _Permutations(lengths[0])} if shuffle else {"shuffle": False}
            self.dataset = NumpySlicesDataset(source, **order).batch(batch_size or 32)

    def __len__(self):
        return self.dataset.get_dataset_size()

    def __iter__(self):
        return next(self.epochs(1))

    def epochs(self, count):
        """The batches of every one of ``count`` epochs, from one iterator: so that each has an order of its own."""
        iterator = self.dataset.create_tuple_iterator(num_epochs=count, output_numpy=True)
        for _ in range(count):
            yield (self._tensors(*columns) for columns in iterator)

    def _tensors(self, features, *others):
        features = _network_inputs(features, self.indices)
        return tuple(Tensor(one) for one in (features, *map(_network_labels, others)))

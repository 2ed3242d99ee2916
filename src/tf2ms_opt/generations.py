"""Which generation of the source a version number belongs to: TensorFlow's own, and standalone Keras'.

A generation is a family of versions whose optimizers train alike; nothing here knows where a version was found.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

#: the names of all generations, from old to new
Generation: TypeAlias = Literal["tf1", "legacy", "tf2.11", "keras3"]
TF_1 = "tf1"
LEGACY = "legacy"
TF_2_11 = "tf2.11"
KERAS_3 = "keras3"

#: X.Y, and what may follow it: a patch number, a pre-release, a local part
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\d+)*(?:[-.]?(?:a|b|rc|dev|post)\d*)?(?:\+[\w.]+)?")


def generation_of_tensorflow(version: str) -> str:
    """The generation of ``tf.keras`` in this TensorFlow; raises ``ValueError`` for text that is not X.Y."""
    release = _release(version)
    if release < (2, 11):
        return LEGACY
    return TF_2_11 if release < (2, 16) else KERAS_3


def generation_of_keras(version: str) -> str:
    """The generation of this version of Keras; raises ``ValueError`` for text that is not X.Y."""
    release = _release(version)
    if release < (2, 11):
        return LEGACY
    return TF_2_11 if release < (3, 0) else KERAS_3


def _release(version: str) -> tuple[int, int]:
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise ValueError(f"{version!r} is not a version number like 2.10")
    return int(match[1]), int(match[2])

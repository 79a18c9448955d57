"""Arrays and texts of an index as files that are mapped into memory, shared by all processes that open them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kclod.errors import Problem, UsageError

VERSION = 1
"""Of the files' layout and of what is in them; an index of another version is made anew."""
META = "match.json"


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts one after the other in UTF-8; text i is from offsets[i] up to offsets[i + 1]."""

    values: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> str:
        return self.values[self.offsets[number] : self.offsets[number + 1]].tobytes().decode("utf-8")


def packed(texts: Sequence[str]) -> Texts:
    """Texts as arrays."""
    encoded = [text.encode("utf-8") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return Texts(np.frombuffer(b"".join(encoded), np.uint8), offsets)


def save(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into a folder, a file each, and last the file that says that they are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    shapes = {name: list(array.shape) for name, array in sorted(arrays.items())}
    (folder / META).write_text(json.dumps({"version": VERSION, "arrays": shapes}, indent=1) + "\n", "utf-8")


def load(folder: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a folder, mapped into memory. UsageError when it holds no index of this version."""
    try:
        meta = json.loads((folder / META).read_text("utf-8"))
        if meta["version"] != VERSION:
            raise ValueError(f"its version is {meta['version']}, not {VERSION}")
        arrays = {}
        for name, shape in meta["arrays"].items():
            mapped = np.load(folder / f"{name}.npy", mmap_mode="r" if 0 not in shape else None, allow_pickle=False)
            if list(mapped.shape) != shape:
                raise ValueError(f"{name}.npy has another size than {META} says")
            arrays[name] = np.asarray(mapped)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(Problem("match.index", str(error), "make the index again", str(folder))) from None
    return arrays

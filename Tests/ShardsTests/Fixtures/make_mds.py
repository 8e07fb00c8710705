"""Writes the MDS fixtures of FormatTests.swift with mosaicml-streaming 0.13: python3 make_mds.py. Not part of the tests."""
import os

import numpy as np
from streaming import MDSWriter

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mds")
COLUMNS = {
    "fixed": {"tokens": "ndarray:uint16:8"},
    "typed": {"id": "int", "text": "str", "tokens": "ndarray:int32"},
    "dynamic": {"tokens": "ndarray", "text": "str"},
    "bytes": {"tokens": "bytes"},
}


def sample(name, i):
    """Sample i holds the tokens 100 i, 100 i + 1 and so on: 8 in every sample of `fixed`, else i % 5 + 1."""
    count = 8 if name == "fixed" else i % 5 + 1
    kind = {"fixed": np.uint16, "typed": np.int32, "dynamic": np.uint16, "bytes": np.int64}[name]
    tokens = np.arange(100 * i, 100 * i + count, dtype=kind)
    values = {"id": i, "text": f"sample {i} é", "tokens": tokens.tobytes() if name == "bytes" else tokens}
    return {key: values[key] for key in COLUMNS[name]}


for name, columns in COLUMNS.items():
    for packing in [None, "zstd", "gz", "br", "snappy"] if name == "typed" else [None]:
        folder = os.path.join(OUT, name if packing is None else f"{name}-{packing}")
        with MDSWriter(out=folder, columns=columns, compression=packing, hashes=["sha1"]) as writer:
            for i in range(20):
                writer.write(sample(name, i))

"""Writes the Parquet fixtures of ParquetTests.swift with pyarrow 26: python3 make_parquet.py. Not part of the tests."""
import os

import pyarrow as pa
import pyarrow.parquet as pq

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parquet")
ROWS = 120


def text(i):
    if i % 11 == 10:
        return None
    return f"Document {i}: " + "na " * (i % 7) + ("é – 文 😀" if i % 4 == 0 else "")


TABLE = pa.table(
    {
        "text": pa.array([text(i) for i in range(ROWS)], pa.string()),
        "id": pa.array([i * i * i - 1000 for i in range(ROWS)], pa.int64()),
        "small": pa.array([None if i % 6 == 5 else (i * 7) % 5 - 2 for i in range(ROWS)], pa.int32()),
        "flag": pa.array([i % 3 == 0 for i in range(ROWS)], pa.bool_()),
        "ratio": pa.array([i / 8 for i in range(ROWS)], pa.float64()),
        "half": pa.array([i / 4 for i in range(ROWS)], pa.float32()),
        "fixed": pa.array([bytes([i, i // 2, 255 - i, 7]) for i in range(ROWS)], pa.binary(4)),
        "raw": pa.array([bytes([255 - i] * (i % 5)) for i in range(ROWS)], pa.binary()),
        "list": pa.array(
            [None if i % 9 == 8 else [i * 10 + k for k in range(i % 4)] for i in range(ROWS)], pa.list_(pa.int32())
        ),
    }
)


def write(name, **options):
    defaults = dict(row_group_size=60, write_statistics=False, store_schema=False)
    pq.write_table(TABLE, os.path.join(OUT, name + ".parquet"), **{**defaults, **options})


os.makedirs(OUT, exist_ok=True)
for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
    write("plain-" + codec, compression=codec, use_dictionary=False)
write("nanochat", compression="zstd", compression_level=3, use_dictionary=False)
write("dictionary-v1", compression="snappy", data_page_version="1.0", write_statistics=True)
write("dictionary-v2", compression="zstd", data_page_version="2.0", write_page_checksum=True)
write("small-pages", compression="snappy", data_page_version="2.0", data_page_size=64, write_batch_size=8)
write(
    "small-pages-crc",
    compression="none",
    use_dictionary=False,
    data_page_size=64,
    write_batch_size=8,
    write_page_checksum=True,
    write_page_index=True,
    write_statistics=True,
)
DELTA = {
    "text": "DELTA_LENGTH_BYTE_ARRAY",
    "id": "DELTA_BINARY_PACKED",
    "small": "DELTA_BINARY_PACKED",
    "flag": "RLE",
    "ratio": "BYTE_STREAM_SPLIT",
    "half": "BYTE_STREAM_SPLIT",
    "fixed": "BYTE_STREAM_SPLIT",
    "raw": "DELTA_LENGTH_BYTE_ARRAY",
    "list.list.element": "DELTA_BINARY_PACKED",
}
write("delta-v1", compression="none", column_encoding=DELTA, use_dictionary=False)
SHARED = dict(
    DELTA,
    text="DELTA_BYTE_ARRAY",
    raw="DELTA_BYTE_ARRAY",
    fixed="DELTA_BYTE_ARRAY",
    id="BYTE_STREAM_SPLIT",
    small="BYTE_STREAM_SPLIT",
)
write("delta-v2", compression="gzip", column_encoding=SHARED, data_page_version="2.0", use_dictionary=False)
pq.write_table(TABLE.slice(0, 0), os.path.join(OUT, "empty.parquet"))

import Terms

extension EndingRules {
    /// Data that could not be decoded or ended too soon, and values that are not finite.
    static let data: [EndingRule] = [
        EndingRule(
            "undecodable-data",
            .data,
            .cause,
            [.names],
            [
                "UnicodeDecodeError", "zlib.error", "gzip.BadGzipFile", "BadZipFile", "lzma.LZMAError",
                "JSONDecodeError",
                "zstd.ZstdError", "ZstdError: ", "Corrupt snappy compressed data", "Parquet magic bytes not found",
                "ArrowInvalid", "ArrowIOError", "Invalid flatbuffers message", "deserialize thrift",
                "while decompressing", "Error tokenizing data", "cannot identify image file", "image file is truncated",
                "end-of-stream marker was reached", "CRC check failed", "DataLossError", "corrupted record at",
                "DatasetGenerationError", "tarfile.ReadError", "unexpected end of data", "MDSBINARY",
                "magic number mismatch in the", "Expected to be able to read", "bad magic number in the data",
            ],
            remedy: """
                Verify the file that the loader was reading (\(.verify) checks all of them), replace it where it is damaged, \
                and resume from the last checkpoint.
                """
        ),
        EndingRule(
            "data-exhausted",
            .data,
            .cause,
            [],
            ["StopIteration", "Relative sample index", "is not present in the dataset", "no more data in the"],
            remedy:
                "Give the run as many tokens as its plan needs, or let the loader begin again at the end of the data."
        ),
        EndingRule(
            "nan-guard",
            .numerics,
            .cause,
            [],
            [
                "found NaN in", "found Inf in", "Unexpected result nan", "Unexpected result inf",
                "nan loss encountered",
                "oss is nan, stopping", "oss is NaN, stopping", "Loss is nan", "Loss is NaN", "loss is nan!",
                "returned nan values in its", "Current loss scale already at minimum", "Minimum loss scale reached",
                "Loss became infinite or NaN", "Detected nan and/or inf values", "is nan or inf",
                "encountered NaN loss", "Encountered NaN", "NaN or Inf found in", "Non-finite loss", "non-finite loss",
                "Loss is infinite or NaN", "nan in loss", "NaN loss detected", "loss exploded", "gradient is nan",
            ],
            remedy: """
                Treat it as a loss that is not finite: go back to the last checkpoint before it and replay the batch of that \
                step.
                """
        ),
        EndingRule(
            "index-out-of-range",
            .program,
            .cause,
            [.lookup],
            ["index out of range", "is out of bounds", "IndexError: ", "out of range in self"],
            remedy: "Compare the largest token and label of the batch with the vocabulary of the model."
        ),
    ]
}

"""Makes a tokenizer and a text, and times tiktoken on them; see tokenizer.sh."""

import pickle
import random
import sys
import sysconfig
import time
from pathlib import Path

PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"""
)


def make(folder: Path) -> None:
    import rustbpe
    import tiktoken

    # Python's own library: prose in doc strings, and code.
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    text = "".join(file.read_text(errors="ignore") for file in files)[:6_000_000]
    (folder / "text.txt").write_text(text)
    trainer = rustbpe.Tokenizer()
    lines = text.splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    sample = "".join(lines)[:1_500_000]
    parts = [sample[start : start + 4000] for start in range(0, len(sample), 4000)]
    trainer.train_from_iterator(parts, 8192, pattern=PATTERN)
    ranks = {bytes(token): rank for token, rank in trainer.get_mergeable_ranks()}
    encoding = tiktoken.Encoding(
        name="bench", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={"<|bos|>": len(ranks)}
    )
    with open(folder / "tokenizer.pkl", "wb") as file:
        pickle.dump(encoding, file)


def measure(folder: Path) -> None:
    with open(folder / "tokenizer.pkl", "rb") as file:
        encoding = pickle.load(file)
    text = (folder / "text.txt").read_text()
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        count = len(encoding.encode_ordinary(text))
        best = min(best, time.perf_counter() - start)
    print(count, len(text.encode()) / 1e6 / best)


if __name__ == "__main__":
    (make if sys.argv[1] == "make" else measure)(Path(sys.argv[2]))

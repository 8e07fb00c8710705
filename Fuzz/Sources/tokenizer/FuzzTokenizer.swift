import Tokenization

/// Pickled encodings, rank files and tokenizer.json; what can be read then encodes the file itself and decodes it again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTokenizer(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    guard let tokenizer = try? Tokenizer.parse(bytes, path: "fuzz/tokenizer") else { return 0 }
    _ = tokenizer.decode(tokenizer.encode(bytes.prefix(4096)))
    return 0
}

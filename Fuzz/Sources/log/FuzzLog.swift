import TrainingLogs

/// Training logs of every format, UTF-16 and TensorBoard events included.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLog(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    _ = try? LogReader.parse(bytes: bytes, name: "fuzz.log")
    return 0
}

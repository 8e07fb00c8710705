import TrainingLogs

/// Training logs of every format, UTF-16 and TensorBoard events included.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLog(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    // Its stages too, which are cut from it.
    if let history = try? LogReader.parse(bytes: bytes, name: "fuzz.log") { _ = (history.runs, history.mainRun) }
    return 0
}

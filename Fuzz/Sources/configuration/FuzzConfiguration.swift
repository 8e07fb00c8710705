import AuditPipeline

/// audit.yaml, and the YAML below it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfiguration(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    _ = try? ConfigurationReader.parse(text: text, path: "audit.yaml", base: "fuzz")
    return 0
}

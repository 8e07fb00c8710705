import Shards

/// Lock files, checksum lists and CSV manifests.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifest(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    guard let manifest = try? Manifest.parse(bytes: bytes, path: "fuzz/shards.lock.json") else { return 0 }
    _ = manifest.trainingEntries
    for entry in manifest.entries { _ = try? entry.folderOfSource(relativeTo: "fuzz") }
    return 0
}

import Shards

/// Lists of digests of every form: the form is recognised by the content, so one target reaches all readers.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifest(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    guard let manifest = try? Manifest.parse(bytes: bytes, path: "fuzz/shards.lock.json") else { return 0 }
    _ = manifest.trainingEntries
    _ = manifest.checksumText
    if let lock = try? LockBuilder.lock(listing: manifest), let text = try? LockFile.text(of: lock) {
        // What was written must be readable.
        guard let again = try? Manifest.parse(bytes: Array(text.utf8), path: "fuzz/again.json"),
            again.entries.map(\.name) == manifest.entries.map(\.name)
        else {
            // Crashing is how a fuzz target reports a fault.
            fatalError("a lock file that was written cannot be read")
        }
    }
    for entry in manifest.entries { _ = try? entry.folderOfSource(relativeTo: "fuzz") }
    return 0
}

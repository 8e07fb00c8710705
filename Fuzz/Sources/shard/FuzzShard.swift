import Foundation
import Parquet
import Shards

/// A folder of files that each input is written to: what a shard is depends on its name.
private let folder: String = {
    let path = NSTemporaryDirectory() + "fuzz-shard-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}()

/// Shards of every format. The first byte of an input is the name that the rest is written under.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzShard(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let names = [
        "a.parquet", "a.npy", "a.bin", "a.idx", "shard.00000.mds", "shard.00000.mds.zstd", "chunk-0-0.bin",
        "shard.00000.mds.snappy", "shard.00000.mds.gz", "shard.00000.mds.br", "b.idx", "index.json",
    ]
    guard let start, count > 0 else { return 0 }
    let name = names[Int(start.load(as: UInt8.self)) % names.count]
    let path = folder + "/" + name
    let bytes = Data(bytes: start + 1, count: count - 1)
    guard (try? bytes.write(to: URL(fileURLWithPath: path))) != nil else { return 0 }
    defer { try? FileManager.default.removeItem(atPath: path) }
    look(at: path)
    if name == "index.json" || name == "b.idx" {
        // Files that describe another one.
        for (other, size) in [("chunk-0-0.bin", 44), ("b.bin", 16)] {
            let path = folder + "/" + other
            try? Data(count: size).write(to: URL(fileURLWithPath: path))
            look(at: path)
            try? FileManager.default.removeItem(atPath: path)
        }
    }
    return 0
}

private func look(at path: String) {
    guard let file = try? FileReader(path: path) else { return }
    _ = try? ShardFormats.header(of: file)
    _ = try? ShardContent.check(file)
    if let reader = try? TokenReader(path: path) { _ = try? reader.tokens(0..<min(reader.header.tokens ?? 0, 100)) }
    if path.hasSuffix(".parquet"), let parquet = try? ParquetFile(contentsOf: path) {
        for group in parquet.rowGroups.indices.prefix(4) { _ = try? parquet.documents(rowGroup: group) }
    }
}

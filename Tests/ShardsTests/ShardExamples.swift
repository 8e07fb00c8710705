import Foundation
import Shards

/// An example of each format, by the format's first id.
enum ShardExamples {
    /// The files of a folder, of which the first is the shard.
    struct Example {
        var files: [(name: String, bytes: [UInt8])]
        /// Whether the file only stands where a shard should be; other examples are sound.
        var isRefused = false

        init(_ files: (String, [UInt8])..., isRefused: Bool = false) {
            self.files = files
            self.isRefused = isRefused
        }
    }

    static let all: [String: Example] = [
        "llm.c-eval": Example(("hellaswag_val.bin", evaluation)),
        "llm.c-gpt2": Example(("fineweb_train_000001.bin", llmcShard(tokens))),
        "npy": Example(("fineweb_train_000001.npy", npy("<u2", narrow, count: tokens.count))),
        "parquet": Example(("shard_00000.parquet", parquet)),
        "lfs-pointer": Example(
            ("train.bin", Array("version https://git-lfs.github.com/spec/v1\n".utf8)),
            isRefused: true
        ),
        "megatron-idx": Example(("data.idx", megatronIndex(lengths: [3, 0, 5]))),
        "megatron": Example(("data.bin", little(1...8, 2)), ("data.idx", megatronIndex(lengths: [3, 0, 5]))),
        "mds": Example(("shard.00000.mds", fixture("mds/typed/shard.00000.mds"))),
        "litdata": Example(("chunk-0-0.bin", litdataChunk), ("index.json", Array(litdataIndex.utf8))),
        "raw-uint16": Example(("train.bin", narrow)),
    ]

    private static let tokens = (0..<5000).map { UInt16($0 * 7 % 50257) }
    private static let narrow = little(tokens.map { Int($0) }, 2)

    /// Numbers, lowest byte first.
    static func little(_ numbers: some Sequence<Int>, _ width: Int) -> [UInt8] {
        numbers.flatMap { number in (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    }

    static func npy(_ type: String, _ tokens: [UInt8], count: Int) -> [UInt8] {
        var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(count),), }"
        text += String(repeating: " ", count: 117 - text.count) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8) + tokens
    }

    /// The index of sequences in two documents.
    static func megatronIndex(code: UInt8 = 8, width: Int = 2, lengths: [Int]) -> [UInt8] {
        var pointer = 0
        var pointers: [Int] = []
        for length in lengths {
            pointers.append(pointer)
            pointer += length * width
        }
        return Array("MMIDIDX".utf8) + [0, 0] + little([1], 8) + [code] + little([lengths.count, 3], 8)
            + little(lengths, 4) + little(pointers, 8) + little([0, 1, 3], 8)
    }

    /// Three items with twelve tokens.
    static let litdataChunk = little([3, 20, 28, 36, 44], 4) + little(500..<512, 2)
    static let litdataIndex = """
        {"chunks":[{"chunk_bytes":44,"chunk_size":3,"dim":12,"filename":"chunk-0-0.bin"}],
        "config":{"compression":null,"data_format":["no_header_tensor:14"]},"updated_at":"1.0"}
        """

    /// Two examples of ten numbers.
    static let evaluation =
        little([20_240_522, 1, 2, 20], 4) + [UInt8](repeating: 0, count: 1008)
        + (0..<2).flatMap { little([65535, 20, $0, 0, 4, 1, 9, 8, 7, 6], 2) }

    /// A Parquet file without rows: what its pages hold is tested in ParquetTests.
    private static let parquet: [UInt8] = {
        // A version, a schema of a root without columns, no rows, no row groups; Thrift's compact protocol.
        let footer: [UInt8] =
            [0x15, 2, 0x19, 0x1C, 0x48, 4] + Array("root".utf8) + [0x15, 0, 0, 0x16, 0, 0x19, 0x0C, 0]
        return Array("PAR1".utf8) + footer + little([footer.count], 4) + Array("PAR1".utf8)
    }()

    private static func fixture(_ name: String) -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/"
        return FileManager.default.contents(atPath: folder + name).map { Array($0) } ?? []
    }
}

import CZlib
import CZstd
import Foundation
import Testing
import TrainingLogs

/// Logs packed with gzip and zstd.
struct PackedLogTests {
    enum Packing: CaseIterable {
        case gzip, zstd

        func pack(_ bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .gzip:
                var stream = z_stream()
                let size = Int32(MemoryLayout<z_stream>.size)
                deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                defer { deflateEnd(&stream) }
                var input = bytes
                var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
                let count = input.withUnsafeMutableBufferPointer { source in
                    output.withUnsafeMutableBufferPointer { target in
                        stream.next_in = source.baseAddress
                        stream.avail_in = UInt32(source.count)
                        stream.next_out = target.baseAddress
                        stream.avail_out = UInt32(target.count)
                        #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                        return Int(stream.total_out)
                    }
                }
                return Array(output.prefix(count))
            case .zstd:
                var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
                let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
                return Array(output.prefix(count))
            }
        }
    }

    private static func log(_ steps: ClosedRange<Int>) -> [UInt8] {
        Array(steps.map { "s:\($0) trl:\(9 - Double($0 * 7 % 1000) / 1000) lr:0.1 norm:1\n" }.joined().utf8)
    }

    private func parse(_ bytes: [UInt8]) throws(LogError) -> TrainingHistory {
        try LogReader.parse(bytes: bytes, name: "packed")
    }

    @Test(arguments: Packing.allCases) func packedLogsAreReadLikePlainOnes(packing: Packing) throws {
        let plain = Self.log(0...20_000)
        let wanted = try parse(plain)
        let packed = packing.pack(plain)
        let history = try parse(packed)
        #expect(history == wanted)
        #expect(history.notes.isEmpty)
        let scratch = try Scratch()
        let path = scratch.folder.appending(path: "any.name")
        try Data(packed).write(to: path)
        #expect(try LogReader.read(path: path.path) == wanted)
    }

    @Test(arguments: Packing.allCases) func membersBehindOneAnotherAreOneLog(packing: Packing) throws {
        let history = try parse(packing.pack(Self.log(0...9)) + packing.pack(Self.log(10...19)))
        #expect(history.train.steps == Array(0...19))
        #expect(history.notes.isEmpty)
    }

    @Test func paddingBehindGzipIsIgnored() throws {
        let history = try parse(Packing.gzip.pack(Self.log(0...9)) + [UInt8](repeating: 0, count: 512))
        #expect(history.train.count == 10)
        #expect(history.notes.isEmpty)
    }

    @Test(arguments: Packing.allCases) func anEarlyEndGivesWhatIsThereAndIsNoted(packing: Packing) throws {
        // Unlike numbers, so that several blocks are needed.
        var generator = SeededGenerator(state: 3)
        let lines = (0..<60_000).map { "s:\($0) trl:\(Double(generator.next() % 1_000_000) / 1e5)\n" }
        let packed = packing.pack(Array(lines.joined().utf8))
        let history = try parse(Array(packed.prefix(packed.count / 2)))
        #expect(history.train.count > 10_000 && history.train.count < 50_000)
        #expect(history.train.steps == Array(0..<history.train.count))
        #expect(history.notes.count == 1)
        #expect(history.notes.first?.contains("end early") == true)
    }

    @Test(arguments: Packing.allCases) func damageIsNotedOrRefused(packing: Packing) throws {
        var generator = SeededGenerator(state: 4)
        let plain = Self.log(0...5000)
        let wanted = try parse(plain)
        let packed = packing.pack(plain)
        for _ in 0..<200 {
            var bytes = packed
            bytes[4 + Int(generator.next() % UInt64(bytes.count - 4))] ^= UInt8(1 + generator.next() % 255)
            do {
                let history = try parse(bytes)
                // Gzip has a checksum of the text; zstd as written here has none.
                if packing == .gzip { #expect(!history.notes.isEmpty || history == wanted) }
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(failure(Array(packed.prefix(5)))?.description.contains("end early") == true)
    }

    @Test(arguments: Packing.allCases) func aBombIsCutOff(packing: Packing) throws {
        // 700 MB of line ends behind a log: gzip packs them a thousand times, zstd ten thousand times.
        let member = packing.pack([UInt8](repeating: 0x0A, count: 35 << 20))
        let bomb = packing.pack(Self.log(0...9)) + Array(repeating: member, count: 20).joined()
        let history = try parse(bomb)
        #expect(history.train.count == 10)
        #expect(history.notes.first?.contains("unpacks to more than") == true)
    }
}

import CBrotli
import CZlib
import CZstd
import Parquet

/// Unpacks a whole shard: MDS and litdata pack file by file.
enum PackedFile {
    /// How a file is packed, from its name.
    enum Codec: String, CaseIterable {
        case zstd, gzip, brotli, snappy, bzip2

        private static let codecs: [(ending: String, codec: Codec)] = [
            ("zstd", .zstd), ("zst", .zstd), ("gz", .gzip), ("br", .brotli), ("snappy", .snappy), ("bz2", .bzip2),
        ]

        /// How the names of packed files end, without the dot.
        static let endings = codecs.map(\.ending)

        /// The codec that a name's ending, or one with a level as in `zstd:7`, stands for.
        init?(name: some StringProtocol) {
            let ending = name.prefix { $0 != ":" }
            guard let found = Self.codecs.first(where: { $0.ending == ending }) else { return nil }
            self = found.codec
        }
    }

    /// The most that a file may unpack to when nothing says how much it should be. MDS shards have 64 MiB by default.
    static let byteLimit = 2 << 30
    private static let step = 1 << 20

    /// Unpacks a file.
    /// - Parameter expected: The bytes it should unpack to, where an index says so; one more is an error.
    static func unpack(
        _ file: FileReader,
        _ codec: Codec,
        expected: Int? = nil
    ) throws(ShardError) -> UnpackedBytes {
        let limit = min(expected ?? byteLimit, byteLimit)
        let content: [UInt8]
        switch codec {
        case .zstd: content = try stream(file, limit, ZstdStream())
        case .gzip: content = try stream(file, limit, GzipStream())
        case .brotli: content = try stream(file, limit, BrotliStream())
        case .snappy: content = try snappy(file, limit)
        case .bzip2:
            throw .unsupported(
                path: file.path,
                byte: 0,
                found: "a file packed with bzip2",
                expected: "zstd, gzip, brotli or snappy"
            )
        }
        if let expected, content.count != expected {
            throw .malformed(
                path: file.path,
                byte: file.size,
                found: "data that unpack to \(content.count) bytes",
                expected: "\(expected), as the index says"
            )
        }
        return UnpackedBytes(path: file.path, content: content)
    }

    /// Unpacks piece by piece, so that nothing is allocated that the file does not hold.
    private static func stream(
        _ file: FileReader,
        _ limit: Int,
        _ unpacker: some StreamUnpacker
    ) throws(ShardError) -> [UInt8] {
        var content: [UInt8] = []
        var budget = UnpackingBudget(fileBytes: file.size)
        var output = [UInt8](repeating: 0, count: step)
        var at = 0
        var isComplete = false
        while at < file.size {
            let input = try file.bytes(at..<min(at + step, file.size))
            guard !input.isEmpty else { break }
            var used = 0
            while true {
                do throws(Malformation) {
                    let step = try unpacker.step(input[used...], &output)
                    used += step.read
                    isComplete = step.isComplete
                    try budget.charge(step.written)
                    guard step.written <= limit - content.count else {
                        throw Malformation(
                            found: "data that unpack to more than \(limit) bytes",
                            expected: "no more"
                        )
                    }
                    content.append(contentsOf: output[..<step.written])
                    if used == input.count, step.written < output.count { break }
                    if step.read == 0, step.written == 0 {
                        throw Malformation(found: "data behind the end", expected: "none")
                    }
                } catch {
                    throw ShardError(error.at(at + used, of: file.path))
                }
            }
            at += input.count
        }
        guard isComplete else {
            throw .malformed(
                path: file.path,
                byte: at,
                found: "packed data that end early, after \(content.count) unpacked bytes",
                expected: "the rest of them; the file was probably cut short"
            )
        }
        return content
    }

    private static func snappy(_ file: FileReader, _ limit: Int) throws(ShardError) -> [UInt8] {
        let input = try file.bytes(0..<min(file.size, byteLimit))
        do throws(Malformation) {
            return try Snappy.unpack(input, limit: limit)
        } catch {
            throw ShardError(error.at(0, of: file.path))
        }
    }
}

/// One step of unpacking a stream.
private protocol StreamUnpacker: AnyObject {
    func step(
        _ input: ArraySlice<UInt8>,
        _ output: inout [UInt8]
    ) throws(Malformation) -> (read: Int, written: Int, isComplete: Bool)
}

/// The places that C libraries read from and write to.
private func withBytes<Result>(
    _ input: ArraySlice<UInt8>,
    _ output: inout [UInt8],
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Result
) -> Result {
    input.withUnsafeBytes { input in output.withUnsafeMutableBytes { output in body(input, output) } }
}

private final class ZstdStream: StreamUnpacker {
    private let context = ZSTD_createDCtx()

    deinit { ZSTD_freeDCtx(context) }

    func step(
        _ input: ArraySlice<UInt8>,
        _ output: inout [UInt8]
    ) throws(Malformation) -> (read: Int, written: Int, isComplete: Bool) {
        let context = context
        let (status, read, written) = withBytes(input, &output) { input, output in
            var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
            var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let status = ZSTD_decompressStream(context, &target, &source)
            return (status, source.pos, target.pos)
        }
        if ZSTD_isError(status) != 0 {
            throw Malformation(
                found: "damaged zstd data (\(String(cString: ZSTD_getErrorName(status))))",
                expected: "data that unpack"
            )
        }
        return (read, written, status == 0)
    }
}

private final class GzipStream: StreamUnpacker {
    /// zlib keeps a pointer to it: it must not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isBetweenMembers = true

    init() {
        stream.initialize(to: z_stream())
        inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func step(
        _ input: ArraySlice<UInt8>,
        _ output: inout [UInt8]
    ) throws(Malformation) -> (read: Int, written: Int, isComplete: Bool) {
        let stream = stream
        let (status, read, written) = withBytes(input, &output) { input, output in
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            )
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let status = inflate(stream, Z_NO_FLUSH)
            return (
                status, input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out)
            )
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw Malformation(found: "damaged gzip data", expected: "data that unpack")
        }
        if read > 0 { isBetweenMembers = false }
        if status == Z_STREAM_END {
            inflateReset(stream)
            isBetweenMembers = true
        }
        return (read, written, isBetweenMembers)
    }
}

private final class BrotliStream: StreamUnpacker {
    private let state = BrotliDecoderCreateInstance(nil, nil, nil)

    deinit { BrotliDecoderDestroyInstance(state) }

    func step(
        _ input: ArraySlice<UInt8>,
        _ output: inout [UInt8]
    ) throws(Malformation) -> (read: Int, written: Int, isComplete: Bool) {
        let state = state
        let (status, read, written) = withBytes(input, &output) { input, output in
            var left = input.count
            var room = output.count
            var next = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var target = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let status = BrotliDecoderDecompressStream(state, &left, &next, &room, &target, nil)
            return (status, input.count - left, output.count - room)
        }
        guard status != BROTLI_DECODER_RESULT_ERROR else {
            throw Malformation(found: "damaged brotli data", expected: "data that unpack")
        }
        return (read, written, status == BROTLI_DECODER_RESULT_SUCCESS)
    }
}

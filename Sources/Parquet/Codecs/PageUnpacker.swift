import CBrotli
import CLZ4
import CZlib
import CZstd
import Terms

/// Unpacks pages with the codecs of the Parquet format.
///
/// Every codec gets an output of the size that the page header claims and must fill it exactly, so that no input can ask
/// for more memory than was granted.
final class PageUnpacker {
    private let zstd = ZSTD_createDCtx()

    deinit { ZSTD_freeDCtx(zstd) }

    /// Fills the output.
    func unpack(
        _ input: UnsafeRawBufferPointer,
        _ codec: ParquetColumnChunk.Codec,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        switch codec {
        case .uncompressed:
            guard input.count == output.count else { throw Self.wrong("uncompressed", input.count, output.count) }
            output.copyMemory(from: input)
        case .snappy: try Snappy.unpack(input, into: output)
        case .gzip: try gzip(input, into: output)
        case .brotli: try brotli(input, into: output)
        case .zstd: try zstd(input, into: output)
        case .lz4Raw: try lz4(input, into: output)
        case .lz4: try hadoopLZ4(input, into: output)
        case .lzo:
            throw Malformation(
                found: "pages packed with LZO",
                expected: "snappy, gzip, brotli, lz4, zstd or none",
                isUnsupported: true
            )
        }
    }

    private func zstd(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        let count = ZSTD_decompressDCtx(zstd, output.baseAddress, output.count, input.baseAddress, input.count)
        if ZSTD_isError(count) != 0 {
            throw Malformation(
                found: "damaged zstd data (\(String(cString: ZSTD_getErrorName(count))))",
                expected: "data that unpack to \(output.count) bytes"
            )
        }
        guard count == output.count else { throw Self.wrong("zstd", count, output.count) }
    }

    private func gzip(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        var stream = z_stream()
        // 15 bits of window, and 32 for "gzip or zlib".
        guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Malformation(found: "zlib that does not start", expected: "free memory", isUnsupported: true)
        }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        var status = inflate(&stream, Z_FINISH)
        // Several members behind one another are one stream.
        while status == Z_STREAM_END, stream.avail_in > 0, stream.avail_out > 0 {
            guard inflateReset(&stream) == Z_OK else { break }
            status = inflate(&stream, Z_FINISH)
        }
        let done = output.count - Int(stream.avail_out)
        guard status == Z_STREAM_END, stream.avail_in == 0, done == output.count else {
            throw Malformation(
                found: "damaged gzip data after \(done) unpacked bytes",
                expected: "data that unpack to \(output.count) bytes"
            )
        }
    }

    private func brotli(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        var count = output.count
        let status = BrotliDecoderDecompress(
            input.count,
            input.baseAddress?.assumingMemoryBound(to: UInt8.self),
            &count,
            output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        guard status == BROTLI_DECODER_RESULT_SUCCESS, count == output.count else {
            throw Malformation(
                found: "damaged brotli data",
                expected: "data that unpack to \(output.count) bytes"
            )
        }
    }

    private func lz4(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        let count = LZ4_decompress_safe(
            input.baseAddress?.assumingMemoryBound(to: CChar.self),
            output.baseAddress?.assumingMemoryBound(to: CChar.self),
            Int32(clamping: input.count),
            Int32(clamping: output.count)
        )
        guard count == output.count else {
            throw Malformation(
                found: "damaged lz4 data",
                expected: "data that unpack to \(output.count) bytes"
            )
        }
    }

    /// The old LZ4 codec: Hadoop's blocks, each behind its two sizes in big-endian order, or a raw block where a writer
    /// left them out.
    private func hadoopLZ4(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        var at = 0
        var done = 0
        while at < input.count {
            guard input.count - at >= 8 else { return try lz4(input, into: output) }
            func size(_ offset: Int) -> Int {
                Int(UInt32(bigEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            }
            let (unpacked, packed) = (size(at), size(at + 4))
            guard packed <= input.count - at - 8, unpacked <= output.count - done else {
                return try lz4(input, into: output)
            }
            do throws(Malformation) {
                try lz4(
                    UnsafeRawBufferPointer(rebasing: input[at + 8..<at + 8 + packed]),
                    into: UnsafeMutableRawBufferPointer(rebasing: output[done..<done + unpacked])
                )
            } catch {
                return try lz4(input, into: output)
            }
            at += 8 + packed
            done += unpacked
        }
        guard done == output.count else { throw Self.wrong("lz4", done, output.count) }
    }

    private static func wrong(_ codec: String, _ count: Int, _ expected: Int) -> Malformation {
        Malformation(found: "\(count) bytes of \(codec) data", expected: "\(expected), as the page header says")
    }
}

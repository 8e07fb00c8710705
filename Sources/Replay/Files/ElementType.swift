import CTransformer

/// The element types that weights are read from.
enum ElementType: String {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"

    /// The type of a C side's element.
    init(_ element: ct_element) {
        switch element {
        case CT_ELEMENT_BF16: self = .bf16
        case CT_ELEMENT_F16: self = .f16
        default: self = .f32
        }
    }

    /// The same for the C side.
    var c: ct_element {
        switch self {
        case .f32: CT_ELEMENT_F32
        case .f16: CT_ELEMENT_F16
        case .bf16: CT_ELEMENT_BF16
        }
    }

    /// Bytes of one element.
    var width: Int { self == .f32 ? 4 : 2 }

    /// Widens `count` little-endian elements; `bytes` holds at least that many and need not be aligned.
    func decode(_ bytes: UnsafeRawBufferPointer, count: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { output, initialized in
            decode(bytes, into: output)
            initialized = count
        }
    }

    private func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
        guard let destination = output.baseAddress, let source = bytes.baseAddress else { return }
        guard self != .f32 else {
            UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: 4 * output.count)
            return
        }
        // By way of a small aligned buffer.
        var chunk = [UInt16](repeating: 0, count: min(output.count, 1 << 15))
        var done = 0
        while done < output.count {
            let count = min(chunk.count, output.count - done)
            chunk.withUnsafeMutableBytes { $0.copyMemory(from: .init(start: source + 2 * done, count: 2 * count)) }
            chunk.withUnsafeBufferPointer { halves in
                if self == .bf16 {
                    ct_widen_bf16(halves.baseAddress, destination + done, count)
                } else {
                    ct_widen_fp16(halves.baseAddress, destination + done, count)
                }
            }
            done += count
        }
    }
}

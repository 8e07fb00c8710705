/// The checkpoint formats that are read, and the ones that are only recognised.
enum CheckpointFormat {
    case llmc
    case safetensors
    case pytorch

    static func recognise(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) -> CheckpointFormat {
        guard bytes.count >= 8 else {
            throw .unknownFormat(path: path, detail: "the file has \(bytes.count) bytes")
        }
        if LlmcForm.layout(of: bytes) != nil { return .llmc }
        let convert = "convert the model to safetensors"
        switch UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) {
        case DebugState.magic:
            throw .unsupportedFormat(path: path, format: "an llm.c debug state", remedy: "give its model file")
        case 20_240_527:
            throw .unsupportedFormat(path: path, format: "an llm.c optimizer state", remedy: "give its model file")
        case 20_240_520:
            throw .unknownFormat(path: path, detail: "it is an llm.c token shard")
        default:
            break
        }
        if bytes[0] == 0x50, bytes[1] == 0x4B, bytes[2] == 3, bytes[3] == 4 {
            return .pytorch
        }
        if bytes[0] == 0x80, (2...5).contains(bytes[1]) {
            throw .unsupportedFormat(path: path, format: "a pickle of PyTorch before 1.6", remedy: convert)
        }
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return .safetensors }
        let start = bytes.prefix(4).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }
        throw .unknownFormat(path: path, detail: "its first bytes are \(start.joined(separator: " "))")
    }
}

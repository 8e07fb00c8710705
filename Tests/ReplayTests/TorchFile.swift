import Foundation
import Replay

/// Writes what `torch.save` writes: a ZIP archive of stored members with a protocol 2 pickle of tensors.
struct TorchFile {
    struct Tensor {
        var name: String
        var shape: [Int]
        var strides: [Int]
        var offset = 0
        var storage: String
        var type = "FloatStorage"
        /// An element type that has no storage class of its own.
        var element: String?
    }

    var tensors: [Tensor]
    var storages: [(key: String, bytes: Data)]
    /// Integers saved beside the model, as nanoGPT does.
    var arguments: [String: Int] = [:]
    /// Whether the model is one entry of the saved dictionary or the whole of it.
    var nested = true
    var checksums = true
    /// Replaces the pickle of the tensors.
    var program: Data?

    init(_ checkpoint: Checkpoint) {
        tensors = []
        storages = []
        for (index, tensor) in checkpoint.description.tensors.enumerated() {
            let strides = tensor.shape.count == 2 ? [tensor.shape[1], 1] : [1]
            tensors.append(
                Tensor(name: "transformer." + tensor.name, shape: tensor.shape, strides: strides, storage: "\(index)")
            )
            storages.append(("\(index)", floatBytes(checkpoint.parameters[tensor.range])))
        }
    }

    func pickle() -> Data {
        var data = Data([0x80, 2])
        func raw(_ text: String) { data.append(Data(text.utf8)) }
        func text(_ value: String) {
            raw("X")
            withUnsafeBytes(of: UInt32(value.utf8.count).littleEndian) { data.append(contentsOf: $0) }
            raw(value)
        }
        func int(_ value: Int) {
            raw("J")
            withUnsafeBytes(of: Int32(value).littleEndian) { data.append(contentsOf: $0) }
        }
        func tuple(_ values: [Int]) {
            raw("(")
            values.forEach(int)
            raw("t")
        }
        if nested {
            raw("}q\u{0}(")
            text("model_args")
            raw("}(")
            for (key, value) in arguments.sorted(by: { $0.key < $1.key }) {
                text(key)
                int(value)
            }
            raw("u")
            text("iter_num")
            int(440)
            text("model")
        }
        raw("ccollections\nOrderedDict\n)R(")
        for tensor in tensors {
            text(tensor.name)
            raw("ctorch._utils\n_rebuild_tensor_v\(tensor.element == nil ? 2 : 3)\n((")
            text("storage")
            raw(tensor.element == nil ? "ctorch\n\(tensor.type)\n" : "ctorch.storage\nUntypedStorage\n")
            text(tensor.storage)
            text("cpu")
            int(1)
            raw("tQ")
            int(tensor.offset)
            tuple(tensor.shape)
            tuple(tensor.strides)
            data.append(0x89)
            raw("ccollections\nOrderedDict\n)R")
            if let element = tensor.element { raw("ctorch\n\(element)\n") }
            raw("tR")
        }
        raw(nested ? "uu." : "u.")
        return data
    }

    func serialised() -> Data {
        var members: [(String, Data)] = [
            ("archive/data.pkl", program ?? pickle()), ("archive/byteorder", Data("little".utf8)),
        ]
        members += storages.map { ("archive/data/" + $0.key, $0.bytes) }
        var file = Data()
        var directory = Data()
        func put(_ data: inout Data, _ fields: [(Int, Int)]) {
            for (value, width) in fields { for byte in 0..<width { data.append(UInt8(value >> (8 * byte) & 255)) } }
        }
        for (name, bytes) in members {
            let crc = checksums ? Int(Self.crc(bytes)) : 0
            let start = file.count
            put(
                &file,
                [(0x0403_4B50, 4), (0, 10), (crc, 4), (bytes.count, 4), (bytes.count, 4), (name.utf8.count, 2), (4, 2)]
            )
            file.append(Data(name.utf8) + Data([0x46, 0x42, 0, 0]) + bytes)
            put(
                &directory,
                [
                    (0x0201_4B50, 4), (0, 12), (crc, 4), (bytes.count, 4), (bytes.count, 4), (name.utf8.count, 2),
                    (0, 12), (start, 4),
                ]
            )
            directory.append(Data(name.utf8))
        }
        let start = file.count
        file.append(directory)
        put(
            &file,
            [
                (0x0605_4B50, 4), (0, 4), (members.count, 2), (members.count, 2), (directory.count, 4), (start, 4),
                (0, 2),
            ]
        )
        return file
    }

    /// CRC-32 bit by bit.
    static func crc(_ data: Data) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in data {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}

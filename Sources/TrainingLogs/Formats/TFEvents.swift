/// TensorBoard event files: TFRecord frames around protocol-buffer events. Scalars only; the tags are known by name (see
/// ``MetricKey``). A truncated last record is normal and ends the file quietly.
enum TFEvents: LogFormat {
    static let description = LogFormatDescription(
        id: "tfevents",
        title: "TensorBoard event files",
        trainers: ["tfevents", "tensorboard"],
        pattern: "an event with a scalar tagged train/loss",
        stepBase: nil,
        lossScope: .unknown,
        weight: 8
    )

    /// Whether the bytes begin with a sound TFRecord frame.
    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { frame(bytes, at: 0) != nil }

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) { read(sample.head, into: &history) }

    static func read(_ bytes: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        var series: [UInt64: (key: MetricKey, series: Series)] = [:]
        var position = 0
        while let data = frame(bytes, at: position) {
            position = data.upperBound + 4
            readEvent(UnsafeRawBufferPointer(rebasing: bytes[data]), into: &series)
        }
        func best(_ kind: MetricKey.Kind) -> (key: MetricKey, series: Series)? {
            series.values.filter { $0.key.kind == kind }.min { ($0.key.rank, $0.key.hash) < ($1.key.rank, $1.key.hash) }
        }
        if let train = best(.train) { history.history.train = train.series }
        if let validation = best(.validation) {
            history.history.validation = validation.series
            history.history.validationUnit = validation.key.unit
        }
        if let rate = best(.learningRate) { history.history.learningRate = rate.series }
        if let norm = best(.gradientNorm) { history.history.gradientNorm = norm.series }
        if let scale = best(.lossScale) { history.history.lossScale = scale.series }
        history.lastStep = history.history.train.steps.last
    }

    /// The data of the frame at a position: u64 length, u32 checksum of the length, data, u32 checksum of the data.
    private static func frame(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Range<Int>? {
        guard position >= 0, bytes.count - position >= 16 else { return nil }
        let head = UnsafeRawBufferPointer(rebasing: bytes[position..<position + 8])
        let length = UInt64(littleEndian: head.loadUnaligned(as: UInt64.self))
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self))
        guard stored == CRC32C.masked(head), length <= UInt64(bytes.count - position - 16) else { return nil }
        return position + 12..<position + 12 + Int(length)
    }

    private static func readEvent(
        _ event: UnsafeRawBufferPointer,
        into series: inout [UInt64: (key: MetricKey, series: Series)]
    ) {
        var step = 0  // A step of 0 is not written.
        var summary: UnsafeRawBufferPointer?
        var fields = ProtobufReader(event)
        while let (field, value) = fields.next() {
            if field == 2, case .varint(let number) = value { step = Int(truncatingIfNeeded: number) }
            if field == 5, case .bytes(let bytes) = value { summary = bytes }
        }
        guard let summary else { return }
        var values = ProtobufReader(summary)
        while let (field, value) = values.next() {
            guard field == 1, case .bytes(let bytes) = value, let (key, scalar) = readValue(bytes) else { continue }
            series[key.hash, default: (key, Series())].series.append(step: step, value: scalar)
        }
    }

    private static func readValue(_ bytes: UnsafeRawBufferPointer) -> (MetricKey, Double)? {
        var key: MetricKey?
        var scalar: Double?
        var fields = ProtobufReader(bytes)
        while let (field, value) = fields.next() {
            switch (field, value) {
            case (1, .bytes(let tag)):
                guard let known = MetricKey.named(tag) else { return nil }
                key = known
            case (2, .fixed32(let bits)): scalar = Double(Float(bitPattern: bits))
            case (8, .bytes(let tensor)): scalar = readTensor(tensor)
            default: break
            }
        }
        guard let key, let scalar else { return nil }
        return (key, scalar)
    }

    /// A tensor of one float or double, in its content or in its list of values.
    private static func readTensor(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var type: UInt64 = 1
        var result: Double?
        var fields = ProtobufReader(bytes)
        while let (field, value) = fields.next() {
            switch (field, value) {
            case (1, .varint(let code)): type = code
            case (4, .bytes(let content)) where content.count == 4 && type == 1:
                result = Double(Float(bitPattern: UInt32(littleEndian: content.loadUnaligned(as: UInt32.self))))
            case (4, .bytes(let content)) where content.count == 8 && type == 2,
                (6, .bytes(let content)) where content.count == 8:
                result = Double(bitPattern: UInt64(littleEndian: content.loadUnaligned(as: UInt64.self)))
            case (5, .bytes(let content)) where content.count == 4:
                result = Double(Float(bitPattern: UInt32(littleEndian: content.loadUnaligned(as: UInt32.self))))
            case (5, .fixed32(let bits)): result = Double(Float(bitPattern: bits))
            case (6, .fixed64(let bits)): result = Double(bitPattern: bits)
            default: break
            }
        }
        return result
    }
}

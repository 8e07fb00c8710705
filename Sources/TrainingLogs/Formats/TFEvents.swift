import Terms

/// TensorBoard event files: TFRecord frames around protocol-buffer events. Scalars only; the tags are known by name (see
/// ``MetricKey``).
///
/// A truncated last record is normal and ends the file quietly. A record whose data do not agree with their checksum is
/// left out; a length that does not agree with its own ends the file. Both are noted.
enum TFEvents: BinaryLogFormat {
    static let description = LogFormatDescription(
        id: "tfevents",
        title: "TensorBoard event files",
        trainers: ["tfevents", "tensorboard"],
        pattern: "an event with a scalar tagged train/loss",
        stepBase: nil,
        lossScope: .unknown,
        weight: 8
    )

    /// The longest record: images and graphs are long, a scalar has 60 bytes.
    private static let longestRecord = 256 << 20

    /// Whether the bytes begin with a sound TFRecord frame.
    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if case .data = frame(bytes, at: 0) { return true }
        return false
    }

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) {
        read(LogText(sample.head), into: &history)
    }

    static func read(_ text: LogText, into history: inout HistoryBuilder) {
        var found = TrackedSeries()
        var position = 0
        var offset = 0
        var damaged = (count: 0, offset: 0)
        reading: while true {
            switch frame(text.window, at: position) {
            case .data(let range, let isSound):
                if isSound {
                    readEvent(UnsafeRawBufferPointer(rebasing: text.window[range]), into: &found)
                } else {
                    if damaged.count == 0 { damaged.offset = offset + position }
                    damaged.count += 1
                }
                position = range.upperBound + 4
            case .incomplete:
                offset += position
                guard text.advance(by: position, limit: longestRecord) else { break reading }
                position = 0
            case .badLength:
                history.note(
                    "the length of the record at byte \(offset + position) does not agree with its checksum; "
                        + "what follows was not read"
                )
                break reading
            }
        }
        if damaged.count > 0 {
            history.note(
                "\(damaged.count) records whose data do not agree with their checksum were left out, the first at byte "
                    + "\(damaged.offset)"
            )
        }
        found.write(into: &history)
    }

    private enum Frame {
        /// The place of the data, and whether their checksum agrees.
        case data(Range<Int>, isSound: Bool)
        case incomplete
        case badLength
    }

    /// The frame at a position: u64 length, u32 checksum of the length, data, u32 checksum of the data.
    private static func frame(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Frame {
        guard bytes.count - position >= 12 else { return .incomplete }
        let head = UnsafeRawBufferPointer(rebasing: bytes[position..<position + 8])
        let length = UInt64(littleEndian: head.loadUnaligned(as: UInt64.self))
        func checksum(at offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        guard checksum(at: position + 8) == CRC32C.masked(head) else { return .badLength }
        guard length <= UInt64(max(bytes.count - position - 16, 0)), bytes.count - position >= 16 else {
            return .incomplete
        }
        let data = position + 12..<position + 12 + Int(length)
        let isSound = checksum(at: data.upperBound) == CRC32C.masked(UnsafeRawBufferPointer(rebasing: bytes[data]))
        return .data(data, isSound: isSound)
    }

    // The messages of tensorflow's event.proto, summary.proto and tensor.proto, by the numbers of their fields.

    private static func readEvent(_ bytes: UnsafeRawBufferPointer, into found: inout TrackedSeries) {
        var step = 0
        var summary: UnsafeRawBufferPointer?
        var fields = ProtobufFields(bytes)
        while let field = fields.next() {
            switch (field.number, field.value) {
            case (2, .varint(let value)): step = Int(Int64(bitPattern: value))
            case (5, .bytes(let value)): summary = value
            default: break
            }
        }
        guard let summary, !fields.isMalformed else { return }
        var values = ProtobufFields(summary)
        while let value = values.next() {
            if value.number == 1, case .bytes(let value) = value.value { readValue(value, step: step, into: &found) }
        }
    }

    private static func readValue(_ bytes: UnsafeRawBufferPointer, step: Int, into found: inout TrackedSeries) {
        var tag = UnsafeRawBufferPointer(start: nil, count: 0)
        var scalar: Double?
        var fields = ProtobufFields(bytes)
        while let field = fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)): tag = text
            case (2, .fixed32(let word)): scalar = Double(Float(bitPattern: word))
            case (8, .bytes(let tensor)): scalar = self.scalar(ofTensor: tensor)
            default: break
            }
        }
        guard !fields.isMalformed, let scalar, let place = found.place(of: tag) else { return }
        found.append(step: step, value: scalar, at: place)
    }

    /// A tensor of one number, in its content or in its list of values.
    private static func scalar(ofTensor bytes: UnsafeRawBufferPointer) -> Double? {
        var type: UInt64 = 0
        var content: UnsafeRawBufferPointer?
        var listed: [Double] = []
        var fields = ProtobufFields(bytes)
        while let field = fields.next(), listed.count < 2 {
            switch (field.number, field.value) {
            case (1, .varint(let value)): type = value
            case (4, .bytes(let value)): content = value
            case (5, .fixed32(let word)): listed.append(Double(Float(bitPattern: word)))
            case (6, .fixed64(let word)): listed.append(Double(bitPattern: word))
            case (7, .varint(let word)), (10, .varint(let word)): listed.append(Double(Int64(bitPattern: word)))
            // Packed: the numbers behind one another.
            case (5, .bytes(let packed)):
                listed += word(packed, UInt32.self).map { [Double(Float(bitPattern: $0))] } ?? []
            case (6, .bytes(let packed)): listed += word(packed, UInt64.self).map { [Double(bitPattern: $0)] } ?? []
            case (7, .bytes(let packed)), (10, .bytes(let packed)):
                if let value = ProtobufFields.onlyVarint(packed) { listed.append(Double(Int64(bitPattern: value))) }
            default: break
            }
        }
        guard !fields.isMalformed, listed.count < 2 else { return nil }
        if let only = listed.first { return only }
        guard let content else { return nil }
        return switch type {
        case 2: word(content, UInt64.self).map(Double.init(bitPattern:))
        case 3: word(content, UInt32.self).map { Double(Int32(bitPattern: $0)) }
        case 9: word(content, UInt64.self).map { Double(Int64(bitPattern: $0)) }
        default: word(content, UInt32.self).map { Double(Float(bitPattern: $0)) }
        }
    }

    /// The word that the bytes are, if they are one of that size.
    private static func word<Word: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _: Word.Type) -> Word? {
        guard bytes.count == MemoryLayout<Word>.size else { return nil }
        return Word(littleEndian: bytes.loadUnaligned(as: Word.self))
    }
}

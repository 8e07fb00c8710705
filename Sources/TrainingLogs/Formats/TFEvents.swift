import Foundation
import SwiftProtobuf
import Terms

/// TensorBoard event files: TFRecord frames around protocol-buffer events. Scalars only; the tags are known by name (see
/// ``MetricKey``).
///
/// A truncated last record is normal and ends the file quietly. A record whose data do not agree with their checksum is
/// left out; a length that does not agree with its own ends the file. Both are noted.
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

    private typealias Event = Trainaudit_Tensorboard_Event
    private typealias Found = [UInt64: (key: MetricKey, series: Series)]

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
        var found: Found = [:]
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
        write(found, into: &history)
    }

    /// Of each kind of metric the one with the best name.
    private static func write(_ found: Found, into history: inout HistoryBuilder) {
        func best(_ kind: MetricKey.Kind) -> (key: MetricKey, series: Series)? {
            found.values.filter { $0.key.kind == kind }.min { ($0.key.rank, $0.key.hash) < ($1.key.rank, $1.key.hash) }
        }
        if let train = best(.train) { history.history.train = train.series }
        if let validation = best(.validation) {
            history.history.validation = validation.series
            history.history.validationUnit = validation.key.unit == .perplexity ? .nats : validation.key.unit
        }
        if let rate = best(.learningRate) { history.history.learningRate = rate.series }
        if let norm = best(.gradientNorm) { history.history.gradientNorm = norm.series }
        if let scale = best(.lossScale) { history.history.lossScale = scale.series }
        let others = Dictionary(grouping: found.values.filter { $0.key.kind == .series }) { $0.key.series }
        for name in others.keys.compactMap({ $0 }).sorted() {
            guard let best = others[name]?.min(by: { ($0.key.rank, $0.key.hash) < ($1.key.rank, $1.key.hash) })
            else { continue }
            history.history.series[name] = best.series
        }
        history.lastStep = history.history.train.steps.last
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

    private static func readEvent(_ bytes: UnsafeRawBufferPointer, into found: inout Found) {
        guard let event = try? Event(serializedBytes: bytes.bytes) else { return }
        let step = Int(event.step)
        for value in event.summary.value {
            var tag = value.tag
            guard let key = tag.withUTF8({ MetricKey.named(UnsafeRawBufferPointer($0)) }),
                var scalar = scalar(of: value)
            else { continue }
            if key.unit == .perplexity { scalar = log(scalar) }
            scalar *= key.scale
            found[key.hash, default: (key, Series())].series.append(step: step, value: scalar)
        }
    }

    private static func scalar(of value: Trainaudit_Tensorboard_Summary.Value) -> Double? {
        switch value.value {
        case .simpleValue(let number): Double(number)
        case .tensor(let tensor): scalar(of: tensor)
        case nil: nil
        }
    }

    /// A tensor of one number, in its content or in its list of values.
    private static func scalar(of tensor: Trainaudit_Tensorboard_TensorProto) -> Double? {
        func content<Word: FixedWidthInteger>(_: Word.Type) -> Word? {
            guard tensor.tensorContent.count == MemoryLayout<Word>.size else { return nil }
            return tensor.tensorContent.enumerated().reduce(0) {
                $0 | Word(truncatingIfNeeded: $1.element) << ($1.offset * 8)
            }
        }
        func only<Number>(_ list: [Number]) -> Number? { list.count == 1 ? list[0] : nil }
        switch tensor.dtype {
        case 2: return only(tensor.doubleVal) ?? content(UInt64.self).map(Double.init(bitPattern:))
        case 3: return (only(tensor.intVal) ?? content(Int32.self)).map { Double($0) }
        case 9: return (only(tensor.int64Val) ?? content(Int64.self)).map { Double($0) }
        default:
            return only(tensor.floatVal).map { Double($0) }
                ?? content(UInt32.self).map { Double(Float(bitPattern: $0)) }
        }
    }
}

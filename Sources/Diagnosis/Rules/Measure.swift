import Terms

/// A number or a fact that a symptom rule reports, declared once beside the rule: what it is called, what it means, and
/// in which unit it is read.
public struct Measure<Value: MeasuredQuantity>: Sendable {
    /// What is declared.
    let head: MeasureHead

    /// Declares a measure.
    /// - Parameters:
    ///   - kind: The symptom that has it.
    ///   - key: The camelCase key in `report.json`.
    ///   - label: What a person reads beside the value.
    ///   - unit: The unit of the value.
    package init(_ kind: SymptomKind, _ key: String, _ label: String, _ unit: MeasureHead.Unit = .plain) {
        head = MeasureHead(kind: kind, key: key, label: label, unit: unit)
    }
}

/// What a rule declares of one of its measures.
public struct MeasureHead: Sendable, Hashable {
    /// The unit that a value is read in.
    public enum Unit: Sendable, Hashable {
        case plain, count, steps, step, records, sigma, times, share
        /// A fact that is shown as yes or no.
        case state
        /// A fact that is shown only where it is so.
        case onlyWhereTrue
    }

    /// The symptom that has it.
    public let kind: SymptomKind
    /// The camelCase key in `report.json`.
    public let key: String
    /// What a person reads beside the value.
    public let label: String
    /// The unit of the value.
    public let unit: Unit
}

/// A value of a measure.
public enum MeasuredValue: Sendable, Equatable {
    /// A real number.
    case number(Double)
    /// A count, a step, a line.
    case integer(Int)
    /// A fact.
    case fact(Bool)
}

/// What a measure can hold.
public protocol MeasuredQuantity: Sendable {
    /// The value as it is kept.
    var measured: MeasuredValue { get }
    /// Takes a value back; `nil` where another type is kept.
    init?(measured: MeasuredValue)
}

extension Double: MeasuredQuantity {
    public var measured: MeasuredValue { .number(self) }

    public init?(measured: MeasuredValue) {
        guard case .number(let value) = measured else { return nil }
        self = value
    }
}

extension Int: MeasuredQuantity {
    public var measured: MeasuredValue { .integer(self) }

    public init?(measured: MeasuredValue) {
        guard case .integer(let value) = measured else { return nil }
        self = value
    }
}

extension Bool: MeasuredQuantity {
    public var measured: MeasuredValue { .fact(self) }

    public init?(measured: MeasuredValue) {
        guard case .fact(let value) = measured else { return nil }
        self = value
    }
}

/// The measures of one symptom, in the order in which the rule set them: that is the order to read them in.
public struct Measurements: Sendable, Equatable {
    /// What was measured.
    public private(set) var all: [(head: MeasureHead, value: MeasuredValue)] = []

    /// Nothing measured.
    public init() {}

    /// The value of a measure; `nil` where it was not taken.
    public subscript<Value>(_ measure: Measure<Value>) -> Value? {
        get { all.first { $0.head == measure.head }.flatMap { Value(measured: $0.value) } }
        set {
            let index = all.firstIndex { $0.head == measure.head }
            switch (newValue, index) {
            case (let value?, let index?): all[index].value = value.measured
            case (let value?, nil): all.append((measure.head, value.measured))
            case (nil, let index?): all.remove(at: index)
            case (nil, nil): break
            }
        }
    }

    /// Adds a measure; nothing where there is no value.
    package func with<Value>(_ measure: Measure<Value>, _ value: Value?) -> Measurements {
        var result = self
        result[measure] = value
        return result
    }

    public static func == (left: Measurements, right: Measurements) -> Bool {
        left.all.count == right.all.count
            && zip(left.all, right.all).allSatisfy { $0.head == $1.head && $0.value == $1.value }
    }
}

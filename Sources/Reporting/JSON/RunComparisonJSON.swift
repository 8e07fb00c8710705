import Diagnosis
import TrainingLogs

/// The parts of `trainaudit.compare/1`.
struct ToleranceJSON: Encodable {
    var nats: JSONNumber?
    var share: JSONNumber?

    init(_ tolerance: ComparisonTolerance) {
        switch tolerance {
        case .nats(let value): nats = JSONNumber(value)
        case .share(let value): share = JSONNumber(value)
        }
    }
}

struct OverlapJSON: Encodable {
    var curve: String
    var firstStep: Int
    var lastStep: Int
    var records: Int
    var paired: Bool

    init(_ overlap: RunComparison.Overlap) {
        curve = overlap.curve.rawValue
        firstStep = overlap.steps.lowerBound
        lastStep = overlap.steps.upperBound
        records = overlap.records
        paired = overlap.isPaired
    }
}

struct OrderJSON: Encodable {
    var relation: String
    var correlation: JSONNumber
    var records: Int
    var lag: Int?
    var sameThroughStep: Int?

    init(_ order: OrderComparison) {
        relation = order.relation.rawValue
        correlation = JSONNumber(order.coefficient)
        records = order.records
        lag = order.relation == .shifted ? order.lag : nil
        sameThroughStep = order.sameThroughStep
    }
}

struct IdentityJSON: Encodable {
    var records: Int
    var lastStep: Int
    var firstOtherStep: Int?

    init(_ identity: RunComparison.Identity) {
        records = identity.records
        lastStep = identity.lastStep
        firstOtherStep = identity.firstOtherStep
    }
}

struct NonFiniteJSON: Encodable {
    var firstStep: Int
    var records: Int
    var run: String

    init(_ nonFinite: RunComparison.NonFinite) {
        firstStep = nonFinite.firstStep
        records = nonFinite.records
        run = nonFinite.isInSecond ? "b" : "a"
    }
}

struct SizeJSON: Encodable {
    var nats: JSONNumber
    var standardError: JSONNumber
    var firstStep: Int
    var lastStep: Int
    var records: Int

    init(_ size: RunComparison.Size) {
        nats = JSONNumber(size.nats)
        standardError = JSONNumber(size.standardError)
        firstStep = size.steps.lowerBound
        lastStep = size.steps.upperBound
        records = size.records
    }
}

struct DepartureJSON: Encodable {
    var firstStep: Int
    var shownAtStep: Int
    var probability: JSONNumber
    var course: String
    var size: SizeJSON
    var largest: SizeJSON

    init(_ departure: RunComparison.Departure) {
        firstStep = departure.firstStep
        shownAtStep = departure.shownAtStep
        probability = JSONNumber(departure.probability)
        course = departure.course.rawValue
        size = SizeJSON(departure.size)
        largest = SizeJSON(departure.largest)
    }
}

struct SettingJSON: Encodable {
    private enum CodingKeys: CodingKey { case name, a, b }
    var setting: SettingDifference

    init(_ setting: SettingDifference) { self.setting = setting }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(setting.name, forKey: .name)
        for (value, key) in [(setting.first, CodingKeys.a), (setting.second, .b)] {
            switch value {
            case .whole(let number)?: try container.encode(number, forKey: key)
            case .number(let number)?: try container.encode(JSONNumber(number), forKey: key)
            case .text(let text)?: try container.encode(text, forKey: key)
            case nil: break
            }
        }
    }
}

struct RateJSON: Encodable {
    var records: Int
    var differing: Int
    var multiplier: Bool
    var firstStep: Int?
    var a: JSONNumber
    var b: JSONNumber

    init(_ rate: RateDifference) {
        records = rate.records
        differing = rate.differing
        multiplier = rate.isMultiplier
        firstStep = rate.firstStep
        a = JSONNumber(rate.first)
        b = JSONNumber(rate.second)
    }
}

struct ThroughputJSON: Encodable {
    struct Speed: Encodable {
        var secondsPerStep: JSONNumber?
        var tokensPerSecond: JSONNumber?

        init(_ speed: StepSpeed) {
            secondsPerStep = speed.secondsPerStep.map(JSONNumber.init)
            tokensPerSecond = speed.tokensPerSecond.map(JSONNumber.init)
        }
    }
    var a: Speed
    var b: Speed

    init(_ throughput: ThroughputComparison) {
        a = Speed(throughput.first)
        b = Speed(throughput.second)
    }
}

struct ValidationJSON: Encodable {
    var step: Int
    var a: JSONNumber
    var b: JSONNumber

    init(_ pair: ValidationPair) {
        step = pair.step
        a = JSONNumber(pair.first)
        b = JSONNumber(pair.second)
    }
}

struct EndsJSON: Encodable {
    struct End: Encodable {
        var loss: JSONNumber
        var step: Int

        init(_ end: RunComparison.End) {
            loss = JSONNumber(end.loss)
            step = end.step
        }
    }
    var a: End?
    var b: End?

    init(_ comparison: RunComparison) {
        a = comparison.firstEnd.map(End.init)
        b = comparison.secondEnd.map(End.init)
    }
}

import Foundation
import Terms

/// The metrics of one record, gathered key by key in any order.
struct MetricRecord {
    private let trainKey: UInt64?
    private var step: (value: Int, rank: Int)?
    private var train: (value: Double, rank: Int, hash: UInt64)?
    /// All training losses of the record, as long as none is followed.
    private var trainKeys: [MetricKey] = []
    private var validation: (value: Double, rank: Int, hash: UInt64, unit: LossUnit)?
    private(set) var epoch: Double?
    private(set) var totalSteps: Int?
    private var learningRate: Double?
    private var gradientNorm: Double?
    private var lossScale: Double?
    private var series: [(name: SeriesName, value: Double, rank: Int, hash: UInt64)] = []
    private(set) var isSummary = false
    /// The record is of reinforcement learning.
    private(set) var hasReward = false
    /// The record belongs to an evaluation: its loss, whatever its name, is a validation loss.
    var isEvaluation = false

    /// Whether a whole epoch may stand for the step.
    private let isNumberedByEpoch: Bool

    init(following choice: MetricChoice = MetricChoice()) {
        trainKey = choice.train
        isNumberedByEpoch = !choice.hasPartEpochs
    }

    /// A record of any training loss, whose epoch counts as a step where `choice` has seen whole epochs only.
    init(numbering choice: MetricChoice) {
        trainKey = nil
        isNumberedByEpoch = !choice.hasPartEpochs
    }

    var hasLoss: Bool { hasTrainingLoss || validationLoss != nil }
    var hasTrainingLoss: Bool { trainingLoss != nil }
    private var trainingLoss: Double? { isSummary || isEvaluation || hasReward ? nil : train?.value }
    private var validationLoss: (value: Double, hash: UInt64, unit: LossUnit)? {
        if isSummary || hasReward { return nil }
        if let validation { return (validation.value, validation.hash, validation.unit) }
        return isEvaluation ? train.map { ($0.value, $0.hash, .nats) } : nil
    }

    /// Whether the validation loss is the one recorded last.
    func repeats(_ validation: Series) -> Bool {
        guard let last = validation.values.last, let loss = validationLoss else { return false }
        return last == loss.value || (last.isNaN && loss.value.isNaN)
    }

    /// The step: as printed, or the epoch where only whole epochs are counted.
    var printedStep: Int? { step?.value ?? (isNumberedByEpoch ? epoch.flatMap { Int(exactly: $0) } : nil) }
    /// Whether a step other than an epoch was printed.
    var hasOwnStep: Bool { step != nil }

    /// The training loss, for telling whether a line was drawn again.
    var drawnLoss: Double? { trainingLoss }

    /// Leaves out a validation loss that only says again what another record said.
    mutating func forgetValidation() { validation = nil }

    mutating func set(_ key: MetricKey, _ printed: Double) {
        let value = printed / key.unitDivisor
        if key.unit == .perplexity {
            var key = key
            key.unit = .nats
            // Below 1 it is no perplexity: no model is more than certain.
            key.unitDivisor = 1
            if !(value < 1) { set(key, log(value)) }
            return
        }
        switch key.kind {
        case .step:
            guard let whole = Int(exactly: value), step.map({ key.rank < $0.rank }) ?? true else { return }
            step = (whole, key.rank)
        case .totalSteps: totalSteps = Int(exactly: value) ?? totalSteps
        case .epoch: epoch = epoch ?? value
        case .train:
            guard trainKey == nil || trainKey == key.hash else { return }
            if trainKey == nil { trainKeys.append(key) }
            if train.map({ key.rank < $0.rank }) ?? true { train = (value, key.rank, key.hash) }
        case .validation:
            if validation.map({ key.rank < $0.rank }) ?? true {
                validation = (value, key.rank, key.hash, key.unit)
            }
        case .learningRate:
            if learningRate != nil, let group = key.series, group.group != nil { add(group, value, key) }
            learningRate = learningRate ?? value
        case .gradientNorm: gradientNorm = gradientNorm ?? value
        case .series: if let name = key.series { add(name, value * key.scale, key) }
        case .lossScale: lossScale = lossScale ?? value
        case .summary: isSummary = true
        case .reward:
            hasReward = true
            if let name = key.series { add(name, value, key) }
        }
    }

    /// Keeps the value of the best of the names that mean the same.
    private mutating func add(_ name: SeriesName, _ value: Double, _ key: MetricKey) {
        guard let index = series.firstIndex(where: { $0.name == name }) else {
            series.append((name, value, key.rank, key.hash))
            return
        }
        if key.rank < series[index].rank { series[index] = (name, value, key.rank, key.hash) }
    }

    /// Writes the record. Returns whether it held a loss: some loggers give the learning rate a record of its own.
    @discardableResult
    func write(step: Int, into history: inout HistoryBuilder, choice: inout MetricChoice) -> Bool {
        if let totalSteps { history.totalSteps(totalSteps) }
        if let epoch, self.step == nil { choice.note(epoch: epoch) }
        if let learningRate { history.learningRate(step: step, learningRate) }
        if let gradientNorm { history.gradientNorm(step: step, gradientNorm) }
        if let lossScale { history.lossScale(step: step, lossScale) }
        if !isSummary, !isEvaluation { writeSeries(step: step, into: &history) }
        guard hasLoss else { return false }
        if let loss = trainingLoss {
            history.train(step: step, loss: loss)
            for key in trainKeys { choice.note(key) }
            if loss == 0, let gradientNorm, !gradientNorm.isFinite { history.hiddenNonFinite(step: step) }
        }
        if let found = validationLoss, choice.validation ?? found.hash == found.hash {
            choice.validation = found.hash
            if history.history.validation.isEmpty { history.history.validationUnit = found.unit }
            history.validation(step: step, loss: found.value)
        }
        return true
    }
}

extension MetricRecord {
    /// Writes the series beside loss, rate and norm. An evaluation's time and throughput are not those of training.
    private func writeSeries(step: Int, into history: inout HistoryBuilder) {
        guard !series.isEmpty || epoch != nil, train != nil || validation == nil else { return }
        for entry in series {
            history.series(entry.name, hash: entry.hash, step: step, value: entry.value)
        }
        if let epoch, self.step != nil { history.series(SeriesName(.epoch), step: step, value: epoch) }
        history.hasNamedSeries = true
    }
}

extension HistoryBuilder {
    /// Records that the loss of a step was replaced by a finite number although it was not finite.
    mutating func hiddenNonFinite(step: Int) {
        let text = "loss 0.0 with a gradient norm that is not finite: the NaN was replaced"
        event(.hiddenNonFinite, step: step, text: text)
    }
}

/// Which of several losses of a log is followed: one printed each step beats one printed at the end of each epoch.
struct MetricChoice {
    /// The training loss; nil takes any.
    var train: UInt64?
    /// The validation set; nil takes the first one seen.
    var validation: UInt64?
    /// Some record without a step of its own lies within an epoch: epochs do not number the records.
    private(set) var hasPartEpochs = false
    private var counts: [UInt64: (records: Int, rank: Int)] = [:]

    mutating func note(epoch: Double) {
        if epoch.isFinite, epoch != epoch.rounded() { hasPartEpochs = true }
    }

    mutating func note(_ key: MetricKey) {
        if train == nil { counts[key.hash, default: (0, key.rank)].records += 1 }
    }

    /// The choice after a first look: of the losses seen about as often as the most frequent one that with the best name.
    func settled() -> MetricChoice {
        var result = MetricChoice()
        result.hasPartEpochs = hasPartEpochs
        let most = counts.values.reduce(0) { max($0, $1.records) }
        result.train =
            counts.filter { $0.value.records * 10 >= most * 9 }
            .min { ($0.value.rank, $0.key) < ($1.value.rank, $1.key) }?.key
        return result
    }
}

/// A line format whose keys are known by name. It takes a first look at a sample to see which loss to follow.
protocol NamedMetricFormat: LineLogFormat {
    var choice: MetricChoice { get set }
}

extension NamedMetricFormat {
    static func read(_ text: LogText, into history: inout HistoryBuilder) {
        read(text, starting: looked(at: text.sample), into: &history)
    }

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) {
        Self.sample(sample, starting: looked(at: sample), into: &history)
    }

    private static func looked(at sample: LogSample) -> Self {
        var format = Self()
        for window in sample.windows {
            var scratch = HistoryBuilder(description)
            Lines.forEachClosed(in: window) { line, _ in
                _ = format.parse(line, into: &scratch)
                return true
            }
        }
        var result = Self()
        result.choice = format.choice.settled()
        return result
    }
}

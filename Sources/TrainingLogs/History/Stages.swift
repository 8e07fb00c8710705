import Terms

/// Where a log goes on with another stage of training: nanochat's speedrun prints pretraining, midtraining and
/// fine-tuning into one log, with steps that begin anew, weights that do not, and other data.
public struct StageStart: Sendable, Equatable {
    /// The 1-based line of its first training record.
    public var line: Int
    /// Whether it starts from the weights of the stage before, and not from fresh ones.
    public var startsTrained: Bool
    /// Whether its lines name the planned steps.
    var isPlanned: Bool
    /// The planned steps that were printed last before it.
    var formerPlan: Int?
    /// The records before it, series by series.
    var train: Int
    var validation: Int
    var learningRate: Int
    var gradientNorm: Int
    var lossScale: Int
    var dataPositions: Int
    var series: [Int]
}

extension TrainingHistory {
    /// No speedrun has more stages; a log in disorder must not be cut into thousands.
    static let mostStages = 16

    /// The stages of training that the log holds, each as a log of its own, in order. One for nearly every log.
    public var stages: [TrainingHistory] {
        guard !stageStarts.isEmpty else { return [self] }
        return (0...stageStarts.count).map(stage)
    }

    /// The stage whose data and checkpoints a run's configuration means: the last that began with fresh weights.
    public var mainStage: TrainingHistory { stageStarts.isEmpty ? self : stage(mainIndex) }

    private var mainIndex: Int { (stageStarts.lastIndex { !$0.startsTrained } ?? -1) + 1 }

    private func stage(_ index: Int) -> TrainingHistory {
        let start = index > 0 ? stageStarts[index - 1] : nil
        let next = index < stageStarts.count ? stageStarts[index] : nil
        func part(_ series: Series, _ count: KeyPath<StageStart, Int>) -> Series {
            let range = records(ofStage: index, among: series.count, count)
            return Series(steps: Array(series.steps[range]), values: Array(series.values[range]))
        }
        var stage = self
        stage.stageStarts = []
        stage.train = part(train, \.train)
        let own = records(ofStage: index, among: train.count, \.train)
        stage.resumeRecords = resumeRecords.filter { $0 > own.lowerBound && $0 < own.upperBound }
            .map { $0 - own.lowerBound }
        stage.validation = part(validation, \.validation)
        stage.learningRate = part(learningRate, \.learningRate)
        stage.gradientNorm = part(gradientNorm, \.gradientNorm)
        stage.lossScale = part(lossScale, \.lossScale)
        stage.dataPositions = Array(
            dataPositions[records(ofStage: index, among: dataPositions.count, \.dataPositions)]
        )
        stage.series = series.part(from: start?.series, to: next?.series)
        stage.events = events.filter { $0.line >= start?.line ?? .min && $0.line < next?.line ?? .max }
        stage.stageLine = index == mainIndex ? nil : start?.line ?? 1
        stage.stageNumber = index == mainIndex ? nil : index + 1
        stage.isFollowed = next != nil
        stage.startsTrained = start?.startsTrained ?? startsTrained
        // A stage without a plan has not that of the one before.
        if let next { stage.hyperparameters.totalSteps = next.formerPlan }
        if let start, !start.isPlanned { stage.hyperparameters.totalSteps = nil }
        stage.ledger = ledger.part(own)
        stage.stepTokens = stepTokens.filter { own.contains($0.record) }
        stage.resolveGeometry()
        stage.segments = Segmentation.segments(of: stage.train.steps)
        if lossScope == .movingAverage {
            stage.rawTrain = MovingAverage.undone(stage.train, segments: stage.segments, base: stage.stepBase)
        }
        return stage
    }

    /// The records of a stage in a series of so many; a series may have been replaced since it was read.
    private func records(ofStage index: Int, among count: Int, _ before: KeyPath<StageStart, Int>) -> Range<Int> {
        let first = index > 0 ? min(stageStarts[index - 1][keyPath: before], count) : 0
        let end = index < stageStarts.count ? stageStarts[index][keyPath: before] : count
        return first..<max(first, min(end, count))
    }

    /// The stages beside the main one as a clause, with their lines and steps; `nil` where the log holds one stage.
    package var otherStagesText: String? {
        guard !stageStarts.isEmpty else { return nil }
        let others = (0...stageStarts.count).filter { $0 != mainIndex }
        let places = others.prefix(4).map { index in
            let steps = train.steps[records(ofStage: index, among: train.count, \.train)]
            let line = index > 0 ? stageStarts[index - 1].line : 1
            return "from line \(line)" + (steps.isEmpty ? "" : ", steps \(steps.min() ?? 0) to \(steps.max() ?? 0)")
        }
        let list = places.joined(separator: "; ") + (others.count > 4 ? "; …" : "")
        return
            "the log holds \(others.count == 1 ? "another stage" : "\(others.count) other stages") of training (\(list))"
    }

    /// Whether this is nanochat's log of a later stage alone, which names no planned steps and begins anew.
    var isLaterNanochatStage: Bool {
        format == "nanochat" && hyperparameters.totalSteps == nil && (train.steps.min() ?? .max) <= stepBase + 1
    }
}

/// Where a log goes on with another stage of training: nanochat's speedrun prints pretraining, midtraining and
/// fine-tuning into one log, with steps that begin anew, weights that do not, and other data.
public struct StageStart: Sendable, Equatable {
    /// The 1-based line of its first training record.
    public var line: Int
    /// Whether it starts from the weights of the stage before, and not from fresh ones.
    public var startsTrained: Bool
    /// The records before it, series by series.
    var train: Int
    var validation: Int
    var learningRate: Int
    var gradientNorm: Int
    var lossScale: Int
    var dataPositions: Int
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
            series.records((start?[keyPath: count] ?? 0)..<(next?[keyPath: count] ?? series.count))
        }
        var stage = self
        stage.stageStarts = []
        stage.train = part(train, \.train)
        stage.validation = part(validation, \.validation)
        stage.learningRate = part(learningRate, \.learningRate)
        stage.gradientNorm = part(gradientNorm, \.gradientNorm)
        stage.lossScale = part(lossScale, \.lossScale)
        stage.dataPositions = Array(
            dataPositions[(start?.dataPositions ?? 0)..<(next?.dataPositions ?? dataPositions.count)]
        )
        stage.events = events.filter { $0.line >= start?.line ?? .min && $0.line < next?.line ?? .max }
        stage.stageLine = index == mainIndex ? nil : start?.line ?? 1
        stage.isFollowed = next != nil
        if let start, start.startsTrained {
            // The plan printed was that of the stage before.
            stage.hyperparameters.totalSteps = nil
            stage.startsTrained = true
        }
        stage.segments = Segmentation.segments(of: stage.train.steps)
        if lossScope == .movingAverage {
            stage.rawTrain = MovingAverage.undone(stage.train, segments: stage.segments, base: stage.stepBase)
        }
        return stage
    }

    /// The stages beside the main one as a clause, with their lines and steps; `nil` where the log holds one stage.
    package var otherStagesText: String? {
        guard !stageStarts.isEmpty else { return nil }
        let others = (0...stageStarts.count).filter { $0 != mainIndex }
        let places = others.prefix(4).map { index in
            let first = index > 0 ? stageStarts[index - 1].train : 0
            let steps = train.steps[first..<(index < stageStarts.count ? stageStarts[index].train : train.count)]
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

extension Series {
    /// Some of the records.
    fileprivate func records(_ range: Range<Int>) -> Series {
        let range = range.clamped(to: 0..<count)
        return Series(steps: Array(steps[range]), values: Array(values[range]))
    }
}

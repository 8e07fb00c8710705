/// Where a log goes on with another stage of training: nanochat's speedrun prints pretraining, midtraining and
/// fine-tuning into one log, with steps that begin anew, weights that do not, and other data.
public struct StageStart: Sendable, Equatable {
    /// The 1-based line of its first training record.
    public var line: Int
    /// The records before it, series by series.
    var train: Int
    var validation: Int
    var learningRate: Int
    var gradientNorm: Int
    var lossScale: Int
    var dataPositions: Int
}

extension TrainingHistory {
    /// The stages of training that the log holds, each as a log of its own: the first as planned and configured, and what
    /// comes after it. One for nearly every log.
    public var stages: [TrainingHistory] {
        guard let start = laterStage else { return [self] }
        var first = self
        first.laterStage = nil
        first.train = train.records(0..<start.train)
        first.validation = validation.records(0..<start.validation)
        first.learningRate = learningRate.records(0..<start.learningRate)
        first.gradientNorm = gradientNorm.records(0..<start.gradientNorm)
        first.lossScale = lossScale.records(0..<start.lossScale)
        first.dataPositions = Array(dataPositions.prefix(start.dataPositions))
        first.events = events.filter { $0.line < start.line }
        var later = self
        later.laterStage = nil
        later.train = train.records(start.train..<train.count)
        later.validation = validation.records(start.validation..<validation.count)
        later.learningRate = learningRate.records(start.learningRate..<learningRate.count)
        later.gradientNorm = gradientNorm.records(start.gradientNorm..<gradientNorm.count)
        later.lossScale = lossScale.records(start.lossScale..<lossScale.count)
        later.dataPositions = Array(dataPositions.dropFirst(start.dataPositions))
        later.events = events.filter { $0.line >= start.line }
        // The plan printed was that of the stage before.
        later.hyperparameters.totalSteps = nil
        later.startsTrained = true
        return [first, later].map { stage in
            var stage = stage
            stage.segments = Segmentation.segments(of: stage.train.steps)
            if lossScope == .movingAverage {
                stage.rawTrain = MovingAverage.undone(stage.train, segments: stage.segments, base: stage.stepBase)
            }
            return stage
        }
    }

    /// The later stage in words, as a clause: line and steps; `nil` where the log holds one stage.
    package var laterStageText: String? {
        guard let start = laterStage, let later = stages.last, let first = later.train.steps.min(),
            let last = later.train.steps.max()
        else { return nil }
        return "from line \(start.line) on the log holds another stage of training, steps \(first) to \(last)"
    }
}

extension Series {
    /// Some of the records.
    fileprivate func records(_ range: Range<Int>) -> Series {
        let range = range.clamped(to: 0..<count)
        return Series(steps: Array(steps[range]), values: Array(values[range]))
    }
}

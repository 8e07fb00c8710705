import Terms

extension TrainingHistory {
    /// Merges the histories of several logs of one run.
    ///
    /// The first one with a training loss is the base and gives the numbering. The others add the series that it
    /// lacks, and stretches of training steps that it does not have (a log cut in two at a resume). A curve that the
    /// base already holds, such as llm.c's `main.log` beside its standard output, is not counted again.
    /// Steps are moved by the difference of the two ``stepBase``s; validation steps count updates already done in
    /// every numbering and stay.
    /// - Returns: nil when there is no history.
    public static func merging(_ histories: [TrainingHistory]) -> TrainingHistory? {
        // What follows on another stage in one file cannot be put between the steps of another.
        let histories = histories.count > 1 ? histories.map(\.mainStage.resumedAtItsFirstStep) : histories
        guard let first = histories.firstIndex(where: { !$0.train.isEmpty }) ?? histories.indices.first else {
            return nil
        }
        var result = histories[first]
        for (index, other) in histories.enumerated() where index != first { result.add(other) }
        if histories.count > 1 { result.segments = Segmentation.segments(of: result.train.steps) }
        if histories.count > 1, result.lossScope == .movingAverage {
            let segments = result.segments
            result.rawTrain = MovingAverage.undone(result.train, segments: segments, base: result.stepBase)
        }
        return result
    }

    /// The history with a step for lines before its first record that say that the run resumes: the one it begins with.
    private var resumedAtItsFirstStep: TrainingHistory {
        var result = self
        for index in events.indices where events[index].kind == .resumed && events[index].step == nil {
            result.events[index].step = train.steps.first
        }
        return result
    }

    private mutating func add(_ other: TrainingHistory) {
        let shift = stepBase - other.stepBase
        let addsSteps = addTrain(other.train.shifted(by: shift), resumes: other.resumeRecords)
        func combine(_ mine: inout Series, _ theirs: Series) {
            if mine.isEmpty || addsSteps { mine = mine.joined(with: theirs) }
        }
        if learningRate.isEmpty || learningRateIsMultiplier == other.learningRateIsMultiplier {
            if learningRate.isEmpty { learningRateIsMultiplier = other.learningRateIsMultiplier }
            combine(&learningRate, other.learningRate.shifted(by: shift))
        }
        combine(&gradientNorm, other.gradientNorm.shifted(by: shift))
        combine(&lossScale, other.lossScale.shifted(by: shift))
        if validation.isEmpty {
            validation = other.validation
            validationUnit = other.validationUnit
        } else if addsSteps, validationUnit == other.validationUnit {
            validation = validation.joined(with: other.validation)
        }
        for var event in other.events {
            event.step = event.step.map { $0 &+ shift }
            events.append(event)
        }
        hyperparameters.fill(
            from: other.hyperparameters,
            step: max(train.steps.first ?? 0, other.train.steps.first ?? 0)
        )
        if speed.isEmpty { speed = other.speed }
        notes += other.notes
        // Their notes are kept one by one; the verdict needs the sum.
        if let mine = unread, let theirs = other.unread {
            unread?.count = mine.count + theirs.count
            unread?.total = mine.total + theirs.total
        } else {
            unread = unread ?? other.unread
        }
        if addsSteps || dataPositions.isEmpty {
            dataPositions += other.dataPositions.map { position in
                var position = position
                position.step &+= shift
                return position
            }
        }
    }

    /// Adds the training records of another log unless they are the same curve. Returns whether any were added.
    private mutating func addTrain(_ other: Series, resumes: [Int]) -> Bool {
        guard !other.isEmpty else { return false }
        let mine = train.merged()
        let theirs = other.merged()
        var shared = 0
        var equal = 0
        for (step, value) in zip(theirs.steps, theirs.values) {
            guard let known = mine.value(atStep: step) else { continue }
            shared += 1
            // The sinks of one program print different numbers of digits; two decimals are the least any has.
            if known == value || (known.isNaN && value.isNaN) || abs(known - value) <= 0.006 { equal += 1 }
        }
        if shared > 0, shared * 2 > theirs.count, equal * 10 < shared * 9 {
            return false  // The same steps with other values: another rank of the run.
        }
        var fresh = Series()
        var freshResumes: [Int] = []
        let theirResumes = Set(resumes)
        for (record, (step, value)) in zip(other.steps, other.values).enumerated() {
            let known = mine.value(atStep: step)
            guard known == nil || (equal * 10 < shared * 9) else { continue }
            if theirResumes.contains(record), !fresh.isEmpty { freshResumes.append(fresh.count) }
            fresh.append(step: step, value: value)
        }
        if fresh.isEmpty { return false }
        joinResumes(fresh, freshResumes)
        train = train.joined(with: fresh)
        return true
    }

    /// Keeps the resumes of both logs, and the boundary between them where one goes on behind the other: nothing else shows a
    /// process that resumed at exactly its step.
    private mutating func joinResumes(_ fresh: Series, _ theirs: [Int]) {
        guard let first = fresh.steps.first, let last = fresh.steps.max(), let start = train.steps.first,
            let end = train.steps.max()
        else {
            resumeRecords = theirs
            return
        }
        if first < start {
            let boundary = last < start ? [fresh.count] : []
            resumeRecords = theirs + boundary + resumeRecords.map { $0 + fresh.count }
        } else {
            let boundary = first > end ? [train.count] : []
            resumeRecords += boundary + theirs.map { $0 + train.count }
        }
    }
}

extension Series {
    /// The same values at steps moved by `shift`.
    func shifted(by shift: Int) -> Series {
        shift == 0 ? self : Series(steps: steps.map { $0 &+ shift }, values: values)
    }

    /// Both series, the one that begins earlier first.
    func joined(with other: Series) -> Series {
        guard let mine = steps.first, let theirs = other.steps.first else { return isEmpty ? other : self }
        let (head, tail) = theirs < mine ? (other, self) : (self, other)
        return Series(steps: head.steps + tail.steps, values: head.values + tail.values)
    }
}

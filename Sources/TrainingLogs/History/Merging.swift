import Terms

extension TrainingHistory {
    /// Merges the histories of several logs, as if their texts stood one behind the other.
    ///
    /// A log that starts again, with other losses, is another run: see ``runs``. One that goes on from a step of the run before is
    /// added to it. A curve that a run already holds, such as llm.c's `main.log` beside its standard output, is not counted
    /// again; it lends the series that the run lacks. Steps are moved by the difference of the two ``stepBase``s; validation
    /// steps count updates already done in every numbering and stay.
    /// - Parameters:
    ///   - histories: The logs.
    ///   - names: Their files, for the places of the runs.
    /// - Returns: nil when there is no history.
    public static func merging(_ histories: [TrainingHistory], names: [String] = []) -> TrainingHistory? {
        guard histories.count > 1 else { return histories.first }
        var parts: [TrainingHistory] = []
        for (index, history) in histories.enumerated() {
            for var run in history.runs {
                run.file = index < names.count ? names[index] : nil
                run.lines = run.place?.lines.upperBound ?? run.lines
                parts.append(run.resumedAtItsFirstStep)
            }
        }
        let hasPlan = parts.contains { $0.format == "nanochat" && $0.hyperparameters.totalSteps != nil }
        for index in parts.indices where hasPlan && parts[index].isLaterNanochatPhase {
            parts[index].startsTrained = true
        }
        var groups: [TrainingHistory] = []
        for part in inOrder(parts).filter({ !$0.train.isEmpty }) {
            if let index = groups.indices.last(where: { groups[$0].isGoneOnWith(part) }) {
                groups[index].add(part)
                groups[index].measureOrder()
            } else {
                groups.append(part)
            }
        }
        for part in parts where part.train.isEmpty {
            if groups.isEmpty { groups.append(part) } else { groups[0].add(part) }
        }
        return composed(of: groups)
    }

    /// The parts by their first step, unless several start from the beginning: then their order shows which continues which.
    private static func inOrder(_ parts: [TrainingHistory]) -> [TrainingHistory] {
        let first = parts.map { $0.train.steps.first.map { $0.subtractingStep(0) } ?? .min }
        let fresh = parts.indices.filter { !parts[$0].startsTrained && first[$0] > .min }
        guard let lowest = fresh.map({ first[$0] }).min() else { return parts }
        let beginning = fresh.count {
            parts[$0].train.steps.first.map { $0 <= max(lowest, parts[0].stepBase + 1) } ?? false
        }
        guard beginning <= 1 else { return parts }
        let sorted = fresh.sorted { (first[$0], $0) < (first[$1], $1) }
        return (sorted + parts.indices.filter { !fresh.contains($0) }).map { parts[$0] }
    }

    /// Whether another log is of this run: the same curve, or one that goes on from a step of it.
    private func isGoneOnWith(_ other: TrainingHistory) -> Bool {
        guard !other.startsTrained, !contradicts(other) else { return false }
        guard format == other.format, let mine = train.steps.first, let theirs = other.train.steps.first else {
            return true
        }
        let common = contradiction(with: other, least: 0)
        return theirs > mine || other.resumesFirst || common.map { $0.common > 0 } ?? false
    }

    /// One log that holds several runs.
    private static func composed(of runs: [TrainingHistory]) -> TrainingHistory? {
        guard var whole = runs.first, runs.count > 1 else {
            var single = runs.first
            single?.place = nil
            single?.file = nil
            return single
        }
        whole.place = nil
        for run in runs.dropFirst() {
            let start = RunStart(
                line: run.place?.lines.lowerBound ?? 1,
                formerLine: .max,
                file: run.file,
                startsTrained: run.startsTrained,
                isPlanned: run.hyperparameters.totalSteps != nil,
                isCertain: true,
                areWeightsKnown: run.startsTrained,
                formerPlan: whole.hyperparameters.totalSteps,
                settings: run.hyperparameters,
                records: columns.map { whole[keyPath: $0].count },
                series: whole.series.counts,
                events: whole.events.count,
                dataPositions: whole.dataPositions.count
            )
            whole.runStarts.append(start)
            whole.append(run, shift: whole.stepBase - run.stepBase)
        }
        whole.runStarts = RunStarts.among(whole.runStarts, in: whole)
        whole.measureOrder()
        return whole
    }

    /// Appends all records of another run.
    private mutating func append(_ run: TrainingHistory, shift: Int) {
        let records = train.count
        for column in Self.columns {
            if column == \.learningRate, learningRateIsMultiplier != run.learningRateIsMultiplier, !learningRate.isEmpty
            {
                continue
            }
            if column == \.validation, validationUnit != run.validationUnit, !validation.isEmpty { continue }
            let series = run[keyPath: column].shifted(by: column == \.validation ? 0 : shift)
            let own = self[keyPath: column]
            self[keyPath: column] = Series(steps: own.steps + series.steps, values: own.values + series.values)
        }
        if learningRate.count == run.learningRate.count { learningRateIsMultiplier = run.learningRateIsMultiplier }
        if validation.count == run.validation.count { validationUnit = run.validationUnit }
        series.append(run.series.movingSteps { $0.addingStep(shift) })
        resumeRecords += run.resumeRecords.map { $0 + records }
        stepTokens += run.stepTokens.map { shown in
            var shown = shown
            shown.record += records
            return shown
        }
        takeRest(of: run, shift: shift, addsSteps: true)
        hyperparameters.totalSteps = run.hyperparameters.totalSteps
    }

    /// The history with a step for lines before its first record that say that the run resumes: the one it begins with.
    private var resumedAtItsFirstStep: TrainingHistory {
        var result = self
        result.resumesFirst = events.contains { $0.kind == .resumed && $0.step == nil }
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
        series.add(other.series.movingSteps { $0 &+ shift }, goesOn: addsSteps)
        if validation.isEmpty {
            validation = other.validation
            validationUnit = other.validationUnit
        } else if addsSteps, validationUnit == other.validationUnit {
            validation = validation.joined(with: other.validation)
        }
        takeRest(of: other, shift: shift, addsSteps: addsSteps)
        hyperparameters.fill(
            from: other.hyperparameters,
            step: max(train.steps.first ?? 0, other.train.steps.first ?? 0)
        )
        settings += other.settings.filter { settings[$0.key] == nil }
    }

    /// Takes what is no series and no setting.
    private mutating func takeRest(of other: TrainingHistory, shift: Int, addsSteps: Bool) {
        for var event in other.events {
            event.step = event.step.map { $0.addingStep(shift) }
            events.append(event)
        }
        notes += other.notes.filter { !notes.contains($0) }
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
                position.step = position.step.addingStep(shift)
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
        let beginsLater = (theirs.steps.first ?? .min) > (mine.steps.first ?? .max)
        // The same steps with other values average over other things, or are of another rank.
        let isOfOtherKind = shared > 0 && shared * 2 > theirs.count && equal * 10 < shared * 9 && !beginsLater
        var fresh = Series()
        var freshResumes: [Int] = []
        let theirResumes = Set(resumes)
        for (record, (step, value)) in zip(other.steps, other.values).enumerated() {
            let known = mine.value(atStep: step)
            // A loss that is not finite is never dropped for one that is.
            let isLost = !value.isFinite && known?.isFinite != false
            guard isLost || !isOfOtherKind && (known == nil || equal * 10 < shared * 9) else { continue }
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
        shift == 0 ? self : Series(steps: steps.map { $0.addingStep(shift) }, values: values)
    }

    /// Both series, the one that begins earlier first.
    func joined(with other: Series) -> Series {
        guard let mine = steps.first, let theirs = other.steps.first else { return isEmpty ? other : self }
        let (head, tail) = theirs < mine ? (other, self) : (self, other)
        return Series(steps: head.steps + tail.steps, values: head.values + tail.values)
    }
}

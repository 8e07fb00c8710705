import Terms
import TrainingLogs

extension RunComparison {
    /// Every difference beyond noise counts.
    package static let noTolerance = ComparisonTolerance.nats(0)
    /// Common records from which on noise is known.
    package static let leastRecords = DifferenceScan.leastRecords

    /// The curves that were compared, in the numbering of the first run.
    package func curves(_ a: ComparedRun, _ b: ComparedRun) -> (first: Series, second: Series) {
        if overlap?.curve == .validation { return (a.history.validation, b.history.validation) }
        let (shift, overflow) = a.history.stepBase.subtractingReportingOverflow(b.history.stepBase)
        return (a.history.train, b.history.train.moved(by: overflow ? 0 : shift))
    }

    /// Compares two runs.
    /// - Parameters:
    ///   - a: The first, which gives the numbering of the steps.
    ///   - b: The second.
    ///   - tolerance: Differences that do not count.
    /// - Complexity: O(n log n) in the records of both.
    package init(_ a: ComparedRun, _ b: ComparedRun, tolerance: ComparisonTolerance = noTolerance) {
        self.tolerance = tolerance
        let (base, overflow) = a.history.stepBase.subtractingReportingOverflow(b.history.stepBase)
        let shift = overflow ? 0 : base
        settings = SettingDifference.all(a, b)
        rate = RateDifference(a.history, b.history, shift: shift)
        validation = Self.validation(a.history, b.history)
        let (mine, theirs) = (a.history.speed, b.history.speed)
        if !mine.isEmpty, !theirs.isEmpty { throughput = ThroughputComparison(first: mine, second: theirs) }
        firstEnd = Self.end(a.history)
        secondEnd = Self.end(b.history)
        compareLosses(a.history, b.history, shift: shift)
    }

    private static func end(_ history: TrainingHistory) -> End? {
        let curve = history.train.merged().finite
        let values = curve.values.suffix(min(200, max(5, curve.count / 10)))
        return curve.steps.last.map { End(loss: Robust.median(values), step: $0) }
    }

    private mutating func compareLosses(_ a: TrainingHistory, _ b: TrainingHistory, shift: Int) {
        let hasTraining = !a.train.isEmpty && !b.train.isEmpty
        let hasValidation = !a.validation.isEmpty && !b.validation.isEmpty && a.validationUnit == b.validationUnit
        guard hasTraining || hasValidation else {
            doubt = .noLoss(first: a.train.isEmpty, second: b.train.isEmpty)
            return
        }
        let printed =
            hasTraining
            ? (a.train.merged(), b.train.moved(by: shift).merged()) : (a.validation.merged(), b.validation.merged())
        let pairs = PairedLosses(printed.0, printed.1)
        identity = pairs.identity
        nonFinite = pairs.nonFinite
        guard let first = pairs.steps.first ?? pairs.nonFinite?.firstStep ?? pairs.identity?.lastStep else {
            doubt = .disjoint(Self.range(printed.0), Self.range(printed.1))
            return
        }
        overlap = Overlap(
            curve: hasTraining ? .training : .validation,
            steps: first...max(first, pairs.steps.last ?? first),
            records: pairs.steps.count,
            isPaired: pairs.isPaired
        )
        if let identity, identity.firstOtherStep == nil {
            verdict = .identical
            if hasTraining { order = OrderComparison(printed.0.finite, printed.1.finite) }
            return
        }
        var curves = (pairs, printed)
        // What the steps did lies behind a moving average, whose records repeat one another.
        if hasTraining, let raw = a.rawTrain, let other = b.rawTrain {
            let raws = (raw.merged(), other.moved(by: shift).merged())
            curves = (PairedLosses(raws.0, raws.1), raws)
        }
        if hasTraining { order = OrderComparison(curves.1.0.finite, curves.1.1.finite) }
        judge(curves.0)
    }

    /// Looks for a difference behind the records that are the same.
    private mutating func judge(_ pairs: PairedLosses) {
        let same = identity.map { identity in pairs.steps.prefix { $0 <= identity.lastStep }.count } ?? 0
        let steps = Array(pairs.steps[same...])
        let values = Array(pairs.differences[same...])
        let tolerances = pairs.first[same...].map { tolerance.nats(at: $0) }
        differences = Series(steps: pairs.steps, values: pairs.differences)
        if values.count < DifferenceScan.leastRecords {
            judgeFew(steps, values, tolerances, rounding: pairs.rounding)
        } else {
            scan(steps, values, tolerances, rounding: pairs.rounding)
        }
        if nonFinite != nil { verdict = .different }
    }

    /// Of few records the noise is not known: a tolerance alone can judge them.
    private mutating func judgeFew(_ steps: [Int], _ values: [Double], _ tolerances: [Double], rounding: Double) {
        guard !values.isEmpty else {
            verdict = .equal
            return
        }
        guard !tolerance.isNone else {
            doubt = .fewRecords(values.count)
            return
        }
        let within = zip(values, tolerances).allSatisfy { abs($0) <= $1 + 2 * rounding }
        verdict = within ? .equal : .different
        let mean = values.reduce(0, +) / Double(values.count)
        let first = steps[0]
        final = Size(
            nats: mean,
            standardError: 0,
            steps: first...max(first, steps[steps.count - 1]),
            records: values.count
        )
    }

    private mutating func scan(_ steps: [Int], _ values: [Double], _ tolerances: [Double], rounding: Double) {
        let scan = DifferenceScan(values, tolerances: tolerances, rounding: rounding)
        func size(_ records: Range<Int>) -> Size {
            let mean = scan.mean(records)
            let first = steps[records.lowerBound]
            return Size(
                nats: mean.value,
                standardError: mean.standardError,
                steps: first...max(first, steps[records.upperBound - 1]),
                records: records.count
            )
        }
        let last = min(values.count, min(200, max(DifferenceScan.leastRecords, values.count / 10)))
        let end = size((values.count - last)..<values.count)
        final = end
        noise = scan.noise
        places = scan.places
        resolution = scan.resolution(records: values.count / 4)
        guard let found = scan.first() else {
            verdict = .equal
            return
        }
        verdict = .different
        let reach = (tolerances.last ?? 0) + 3 * end.standardError
        let course: Departure.Course =
            abs(end.nats) <= reach ? .returns : end.nats * found.sign > 0 ? .lasts : .reverses
        departure = Departure(
            firstStep: steps[found.records.lowerBound],
            shownAtStep: steps[found.records.upperBound - 1],
            size: size(found.records),
            probability: found.probability,
            largest: size(scan.largest() ?? found.records),
            course: course
        )
    }

    private static func validation(_ a: TrainingHistory, _ b: TrainingHistory) -> [ValidationPair] {
        guard a.validationUnit == b.validationUnit else { return [] }
        let theirs = b.validation.merged()
        let mine = a.validation.merged()
        return zip(mine.steps, mine.values).compactMap { step, value in
            theirs.value(atStep: step).map { ValidationPair(step: step, first: value, second: $0) }
        }
    }

    private static func range(_ series: Series) -> ClosedRange<Int> {
        let first = series.steps.first ?? 0
        return first...max(first, series.steps.last ?? first)
    }
}

extension Series {
    /// The same values at steps moved by `shift`, of a log whose steps are numbered from elsewhere.
    func moved(by shift: Int) -> Series {
        shift == 0 ? self : Series(steps: steps.map { $0.addingStep(shift) }, values: values)
    }
}

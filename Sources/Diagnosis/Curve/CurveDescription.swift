import TrainingLogs

/// One description of a curve, from which symptoms are read: where it runs, how its records scatter, and every place where it
/// leaves what healthy training does.
package struct CurveDescription: Sendable {
    /// The fast fall and the power law beneath.
    package let learning: LearningCurve
    /// The running level and the noise of single records.
    package let noise: RecordNoise
    /// Every departure, in order of records; none overlaps another.
    package private(set) var departures: [Departure] = []
    /// What each record would be without the departures, nats.
    package private(set) var course: [Double]
    /// Distance of each record from ``course``, in deviations of single records.
    package private(set) var distances: [Double]

    /// Deviations beyond which a single record is an outlier.
    package static let outlier = 6.0
    /// Records that two departures of one direction may lie apart and still be one.
    private static let gap = 3

    /// Describes finite values.
    /// - Complexity: O(n log n).
    package init(_ values: [Double]) {
        let learning = LearningCurve(values)
        let noise = RecordNoise(values, curve: learning)
        self.learning = learning
        self.noise = noise
        course = noise.level
        distances = []
        let quiet = QuietStretches.find(values, noise: noise).map { Self.measured($0, in: values, noise: noise) }
        // What was learned by heart there is lost behind it: without the stretch there is no step up.
        let usual = Self.without(quiet, values)
        let scanned = CurveScan(usual, noise: noise, curve: learning).departures
        let refined = scanned.map { Self.refined($0, in: usual, noise: noise) }
        departures = Self.joined(refined + Bursts.find(usual, noise: noise), in: usual, noise: noise)
            .compactMap { Self.apart($0, in: usual, noise: noise) }
            .filter { Self.rises($0, in: usual, noise: noise) }
            .filter { departure in !quiet.contains { $0.records.overlaps(departure.records) } }
        departures += quiet
        for departure in departures where departure.shape == .bump || departure.shape == .dip {
            let line = Self.line(beneath: departure.records, in: values)
            for index in departure.records { course[index] = line(index) }
        }
        for departure in departures where departure.shape == .stepUp || departure.shape == .rise {
            let end = min(values.count, departure.records.upperBound)
            let before = Self.before(departure.records.lowerBound, departure.records.count, in: values)
            for index in departure.records.lowerBound..<end { course[index] = before }
        }
        let course = course
        distances = values.indices.map { (values[$0] - course[$0]) / noise.sigma[$0] }
        departures += outliers()
        departures.sort { $0.records.lowerBound < $1.records.lowerBound }
    }

    /// The departures of a shape, in order.
    package func departures(_ shape: Departure.Shape) -> [Departure] { departures.filter { $0.shape == shape } }

    // MARK: - Edges

    /// Moves the edges of a bump or a dip to where they separate it best, and tells a step that is undone abruptly as a bump.
    private static func refined(_ departure: Departure, in values: [Double], noise: RecordNoise) -> Departure {
        switch departure.shape {
        case .bump, .dip: block(departure, in: values, noise: noise)
        case .stepUp, .rise: step(departure, in: values, noise: noise)
        case .outlier: departure
        }
    }

    /// The stretch whose sum over the root of its length is greatest: the maximum of the likelihood of a block.
    private static func block(_ departure: Departure, in values: [Double], noise: RecordNoise) -> Departure {
        var departure = departure
        let sign = departure.size < 0 ? -1.0 : 1.0
        let width = departure.records.count
        let low = max(0, departure.records.lowerBound - width)
        let high = min(values.count, departure.records.upperBound + width)
        // The edges are not known yet: the levels are taken at a distance.
        let wide =
            max(
                0,
                departure.records.lowerBound - width / 2
            )..<min(values.count, departure.records.upperBound + width / 2)
        let line = line(beneath: wide, in: values)
        var sums = [0.0]
        for index in low..<high {
            let distance = sign * (values[index] - line(index)) / noise.sigma[index]
            // Records far off must not hide the others.
            sums.append(sums[index - low] + min(max(distance, -4), 4))
        }
        var (first, last) = (departure.records.lowerBound - low, departure.records.upperBound - low)
        func worth(_ from: Int, _ to: Int) -> Double {
            let sum = sums[to] - sums[from]
            return sum <= 0 ? 0 : sum * sum / Double(to - from)
        }
        for _ in 0..<3 {
            first = (0..<last).max { worth($0, last) < worth($1, last) } ?? first
            last = (first + 1..<sums.count).max { worth(first, $0) < worth(first, $1) } ?? last
        }
        // What begins slowly begins where three records in a row first lie off.
        while abs(departure.sigmas) > 3, first >= 3, sums[first] - sums[first - 3] > 4.5 { first -= 1 }
        // A batch that comes again and again is learned without noise: the slope goes back to where it was new.
        while sign < 0, first > 0, values[low + first - 1] > values[low + first],
            values[low + first - 1] < line(low + first - 1) + noise.sigma[low + first - 1]
        {
            first -= 1
        }
        departure.records = low + first..<low + last
        return measured(departure, in: values, noise: noise)
    }

    /// The record at which two levels part best; a bump where the curve comes back abruptly.
    private static func step(_ departure: Departure, in values: [Double], noise: RecordNoise) -> Departure {
        var departure = departure
        let width = departure.records.count
        let middle = departure.records.lowerBound
        if departure.shape == .stepUp {
            var best = (index: middle, cost: 0.0)
            var cost = 0.0
            let (before, after) = (before(middle, width, in: values), before(middle + width, width, in: values))
            for index in max(0, middle - width)..<min(values.count, middle + width) {
                cost += abs(values[index] - before) - abs(values[index] - after)
                if cost < best.cost { best = (index + 1, cost) }
            }
            // An edge of the search that separates nothing is no place of a step, and may lie behind the last record.
            let place = best.index < values.count ? best.index : middle
            departure.records = place..<min(values.count, place + width)
        }
        if departure.shape == .rise { departure.records = rising(departure.records, in: values, noise: noise) }
        guard let end = comesBack(departure, in: values) else { return departure }
        departure.shape = .bump
        departure.records = departure.records.lowerBound..<end
        return block(departure, in: values, noise: noise)
    }

    /// The records of a rise from where three in a row first lie above the level long before it.
    private static func rising(_ records: Range<Int>, in values: [Double], noise: RecordNoise) -> Range<Int> {
        let width = min(200, max(10, records.count))
        var first = records.lowerBound
        let past = values[max(0, first - 2 * width)..<max(1, first - width)]
        let limit = Robust.median(past) + 1.5 * noise.sigma[max(0, first - width)]
        while first > 3, first > records.lowerBound - 2 * width, values[first - 3..<first].reduce(0, +) / 3 > limit {
            first -= 1
        }
        return first..<records.upperBound
    }

    /// The record at which a risen level is left again within a third of the time that it lasted; `nil` where it stays, or
    /// is learned away slowly.
    private static func comesBack(_ departure: Departure, in values: [Double]) -> Int? {
        let (begin, width) = (departure.records.lowerBound, departure.records.count)
        let before = before(begin, width, in: values)
        let span = max(3, min(50, width / 4))
        var high: Int?
        for index in stride(from: begin + span, to: values.count - span, by: max(1, span / 2)) {
            let level = Robust.median(values[index..<index + span])
            if level > before + 0.7 * departure.size { high = index + span }
            if level < before + 0.3 * departure.size {
                guard let high, high > begin + span, index - high <= max(span, (index - begin) / 3) else { return nil }
                return index
            }
        }
        return nil
    }

    /// Median of the records before one.
    private static func before(_ record: Int, _ width: Int, in values: [Double]) -> Double {
        let end = min(record, values.count)
        return Robust.median(
            Robust.sample(values[max(0, end - max(5, min(width, 100)))..<max(end, min(1, values.count))])
        )
    }

    /// Whether the curve goes up where a bump begins or a dip ends: before a fall, and where it bends, a healthy curve lies
    /// above its surroundings too.
    private static func rises(_ departure: Departure, in values: [Double], noise: RecordNoise) -> Bool {
        guard departure.shape == .bump || departure.shape == .dip else { return true }
        let edge = departure.shape == .bump ? departure.records.lowerBound : departure.records.upperBound
        guard edge > 0, edge < values.count else { return false }
        let length = departure.records.count
        // The edge itself is known to a few records.
        let slack = min(5, departure.onsetError)
        return edgeWidths.contains { width in
            guard width <= max(3, length) else { return false }
            return (edge - slack...edge + slack).contains { edge in
                guard edge >= width, edge + width <= values.count else { return false }
                let before = values[edge - width..<edge].reduce(0, +) / Double(width)
                let after = values[edge..<edge + width].reduce(0, +) / Double(width)
                return after - before > leastRise * noise.sigma[edge] * (2 / Double(width)).squareRoot()
            }
        }
    }

    /// A dip that lies below both of its sides, and a bump that lies above both; `nil` for what only comes before a step, and
    /// the step for a bump most of which stays.
    private static func apart(_ departure: Departure, in values: [Double], noise: RecordNoise) -> Departure? {
        guard departure.shape == .bump || departure.shape == .dip else { return departure }
        let records = departure.records
        let width = max(5, min(100, records.count))
        let before = before(records.lowerBound, width, in: values)
        let inside = Robust.median(values[records])
        if departure.shape == .dip { return inside < before + 0.4 * departure.size ? departure : nil }
        let after = Robust.median(values[records.upperBound..<min(values.count, records.upperBound + width)])
        guard after - before > 0.5 * (inside - before), inside > before else { return departure }
        var step = departure
        step.shape = .stepUp
        step.size =
            Robust.median(values[records.lowerBound..<min(records.upperBound, records.lowerBound + width)]) - before
        step.sigmas = step.size / noise.sigma[records.lowerBound]
        return step
    }

    /// Records on either side of an edge over which it may show.
    private static let edgeWidths = [3, 5, 9, 16, 28, 50, 90]
    /// Standard errors by which an edge must show: seven widths at one place, one in a thousand by chance.
    private static let leastRise = 3.6

    /// The line from the level before a stretch to the one after it.
    private static func line(beneath records: Range<Int>, in values: [Double]) -> (Int) -> Double {
        let width = max(5, min(100, records.count))
        let before = values[max(0, records.lowerBound - width)..<records.lowerBound]
        let after = values[records.upperBound..<min(values.count, records.upperBound + width)]
        let left = before.isEmpty ? Robust.median(after) : Robust.median(before)
        let right = after.isEmpty ? left : Robust.median(after)
        let from = Double(records.lowerBound) - Double(before.count) / 2
        let length = Double(records.upperBound) + Double(after.count) / 2 - from
        return { length > 0 ? left + (right - left) * (Double($0) - from) / length : left }
    }

    /// The values with the line beneath each departure in its place.
    private static func without(_ departures: [Departure], _ values: [Double]) -> [Double] {
        departures.reduce(into: values) { result, departure in
            let line = line(beneath: departure.records, in: values)
            for index in departure.records { result[index] = line(index) }
        }
    }

    /// A bump or a dip with its size taken again over its records.
    private static func measured(_ departure: Departure, in values: [Double], noise: RecordNoise) -> Departure {
        var departure = departure
        let line = line(beneath: departure.records, in: values)
        let sum = departure.records.reduce(0.0) { $0 + values[$1] - line($1) }
        departure.size = sum / Double(max(1, departure.records.count))
        departure.sigmas = departure.size / noise.sigma[departure.records.lowerBound]
        return departure
    }

    // MARK: - One departure for one event

    /// Records in a row are one departure, whichever way they were found.
    private static func joined(_ all: [Departure], in values: [Double], noise: RecordNoise) -> [Departure] {
        var result: [Departure] = []
        let ordered = all.sorted {
            ($0.records.lowerBound, -$0.records.count) < ($1.records.lowerBound, -$1.records.count)
        }
        for departure in ordered {
            guard let last = result.last else {
                result.append(departure)
                continue
            }
            let isUp = departure.shape != .dip
            let reach = last.records.upperBound + max(gap, last.records.count / 4)
            guard departure.records.lowerBound < reach, (last.shape != .dip) == isUp else {
                // A dip and a bump side by side are two; what overlaps is told by the surer one.
                if last.records.overlaps(departure.records) {
                    if departure.chance < last.chance { result[result.count - 1] = departure }
                } else {
                    result.append(departure)
                }
                continue
            }
            var joint = last
            joint.records = last.records.lowerBound..<max(last.records.upperBound, departure.records.upperBound)
            joint.chance = min(last.chance, departure.chance)
            // A level that stays says more than the jump that it begins with.
            if departure.shape == .stepUp || last.shape == .stepUp {
                joint.shape = .stepUp
                joint.size = max(last.size, departure.size)
                joint.sigmas = max(last.sigmas, departure.sigmas)
            } else if last.shape == .rise || departure.shape == .rise {
                joint.shape = last.shape == .rise ? departure.shape : last.shape
                joint = joint.shape == .rise ? joint : measured(joint, in: values, noise: noise)
            } else {
                joint = measured(joint, in: values, noise: noise)
            }
            result[result.count - 1] = joint
        }
        return result
    }

    /// Single records far off that no other departure holds.
    private func outliers() -> [Departure] {
        distances.indices.compactMap { index in
            let distance = distances[index]
            guard index >= noise.start, abs(distance) > Self.outlier,
                !departures.contains(where: { $0.records.contains(index) })
            else { return nil }
            return Departure(
                shape: .outlier,
                records: index..<index + 1,
                size: distance * noise.sigma[index],
                sigmas: distance,
                chance: 1
            )
        }
    }
}

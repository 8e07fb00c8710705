/// Which data set of a blend each sample of a run comes from, and which of its samples it is.
///
/// The blend is not drawn: sample n goes to the data set that lags most behind its share of n.
/// Sources: Megatron-LM `megatron/core/datasets/blended_dataset.py`, `blended_megatron_dataset_builder.py`, `helpers.cpp`,
/// of 2026-08.
public struct MegatronBlend: Sendable, Equatable {
    /// For each sample of the run the data set.
    public let dataSets: [Int16]
    /// For each sample of the run the place in the order of that data set.
    public let samples: [Int64]

    /// Checks and keeps `dataset_index.npy` and `dataset_sample_index.npy`.
    /// - Parameters:
    ///   - dataSets: For each sample of the run the data set.
    ///   - samples: For each sample of the run the place in the order of that data set.
    ///   - sizes: The samples of each data set.
    public init(dataSets: [Int16], samples: [Int64], sizes: [Int]) throws(DataOrderError) {
        let fits = zip(dataSets, samples).allSatisfy { set, sample in
            sizes.indices.contains(Int(set)) && (0..<Int64(sizes[Int(set)])).contains(sample)
        }
        guard !dataSets.isEmpty, dataSets.count == samples.count, fits else {
            throw .invalid(
                key: "order.blend",
                found: "a blend of \(dataSets.count) samples that asks for more than the data sets hold",
                expected: "samples of the \(sizes.count) data sets; check order.blend, order.split and training.steps"
            )
        }
        self.dataSets = dataSets
        self.samples = samples
    }

    /// What a blend asks of each data set.
    public struct Request: Sendable, Equatable {
        /// The samples that the run takes from each data set; they add up to the length of the blend.
        public var taken: [Int]
        /// The samples for which the order of each data set is made, which is more.
        public var built: [Int]
        /// The share of each data set.
        public var shares: [Double]
    }

    /// How many samples of each data set a weighted blend of so many samples asks for.
    /// - Parameters:
    ///   - weights: As given; they are divided by their sum.
    ///   - samples: The samples that the run asks for.
    ///   - surplus: `mid_level_dataset_surplus`, 0.005 by default.
    public static func request(
        weights: [Double],
        samples: Int,
        surplus: Double = 0.005
    ) throws(DataOrderError) -> Request {
        let shares = normalized(weights)
        guard !weights.isEmpty, weights.count < 1 << 15, weights.allSatisfy({ $0 > 0 && $0.isFinite }),
            shares.allSatisfy({ $0 > 0 && $0.isFinite })
        else {
            throw .invalid(
                key: "order.blend",
                found: "weights \(weights.prefix(8).map { "\($0)" }.joined(separator: ", "))",
                expected: "a positive weight for each data set"
            )
        }
        guard (1...1 << 31).contains(samples), (0...10).contains(surplus) else {
            throw .invalid(key: "training.steps", found: "\(samples) samples", expected: "1 to 2^31 samples of a blend")
        }
        let taken = shares.map { Int((Double(samples) * $0).rounded(.up)) }
        let built = taken.map { Int((Double($0) * (1 + surplus)).rounded(.up)) }
        return Request(taken: taken, built: built, shares: shares)
    }

    /// Blends by weights.
    /// - Parameters:
    ///   - weights: As given; they are divided by their sum.
    ///   - count: The length of the blend.
    ///   - sizes: The samples that each data set has.
    /// - Complexity: O(count · data sets), 10 bytes a sample.
    public static func weighted(_ weights: [Double], count: Int, sizes: [Int]) throws(DataOrderError) -> MegatronBlend {
        let (work, overflow) = count.multipliedReportingOverflow(by: weights.count)
        guard weights.count == sizes.count, !weights.isEmpty, count > 0, !overflow, count <= 1 << 31, work <= 1 << 36
        else {
            throw .invalid(
                key: "order.blend",
                found: "\(count) samples of \(weights.count) data sets",
                expected: "at most 2^31 samples, and a weight for each data set"
            )
        }
        // Weights are normalised by the builder, and once more by the blend.
        let shares = normalized(weights)
        var dataSets: [Int16] = []
        var samples: [Int64] = []
        dataSets.reserveCapacity(count)
        samples.reserveCapacity(count)
        var used = [Int64](repeating: 0, count: shares.count)
        for index in 0..<count {
            let place = max(Double(index), 1)
            var chosen = 0
            var lag = shares[0] * place - Double(used[0])
            for set in 1..<max(1, shares.count) {
                let own = shares[set] * place - Double(used[set])
                if own > lag { (lag, chosen) = (own, set) }
            }
            dataSets.append(Int16(truncatingIfNeeded: chosen))
            samples.append(used[chosen])
            used[chosen] += 1
        }
        return try MegatronBlend(dataSets: dataSets, samples: samples, sizes: sizes)
    }

    /// Blends all samples of the data sets, each in proportion to its size: a blend without weights and without a length.
    public static func exhaustive(sizes: [Int]) throws(DataOrderError) -> MegatronBlend {
        let total = sizes.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        guard !sizes.isEmpty, sizes.count < 1 << 15, sizes.allSatisfy({ (1...1 << 31).contains($0) }), total <= 1 << 31
        else {
            throw .invalid(
                key: "order.blend",
                found: "\(total) samples",
                expected: "1 to 2^31 samples, and some of each"
            )
        }
        let shares = sizes.map { Double($0) / Double(total) }
        var used = [Int64](repeating: 0, count: sizes.count)
        var left = Array(sizes.indices)
        var dataSets: [Int16] = []
        var samples: [Int64] = []
        for index in 0..<total {
            let place = max(Double(index), 1)
            var chosen = left[0]
            var lag = -Double.greatestFiniteMagnitude
            for set in left {
                let own = shares[set] * place - Double(used[set])
                if own > lag { (lag, chosen) = (own, set) }
            }
            dataSets.append(Int16(truncatingIfNeeded: chosen))
            samples.append(used[chosen])
            used[chosen] += 1
            if used[chosen] == Int64(sizes[chosen]) { left.removeAll { $0 == chosen } }
        }
        return try MegatronBlend(dataSets: dataSets, samples: samples, sizes: sizes)
    }

    /// Weights divided by their sum, added up as NumPy adds.
    static func normalized(_ weights: [Double]) -> [Double] {
        let sum = numPySum(weights[...])
        return weights.map { $0 / sum }
    }
}

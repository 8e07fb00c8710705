/// The size of one tensor of a checkpoint.
public struct WeightStatistics: Sendable, Equatable {
    /// The tensor's name, as in `TransformerDescription.tensors`.
    public var name: String
    /// Number of elements.
    public var count: Int
    /// Euclidean norm of the finite elements.
    public var norm: Double
    /// Root of the mean square of the finite elements.
    public var rootMeanSquare: Double
    /// Largest magnitude among the finite elements.
    public var absoluteMaximum: Double
    /// Number of NaNs and infinities.
    public var nonFinite: Int
}

/// The weights of a checkpoint, before anything is run with them.
public struct WeightReport: Sendable, Equatable {
    /// Every tensor, in the order of `TransformerDescription.tensors`.
    public var tensors: [WeightStatistics]
    /// Whether updates were applied, as far as is known.
    public var isTrained: Bool

    /// Root mean square from which on a weight is absurd: GPT-2's largest are below 1, norm weights below 20.
    public static let absurd = 100.0

    /// Measures a checkpoint's weights.
    public init(_ checkpoint: Checkpoint) {
        let model = checkpoint.description
        isTrained = checkpoint.updatesDone != 0
        tensors = model.tensors.map { tensor in
            // Padded rows are zero, or whatever the optimizer left there.
            let isTable = tensor.range.count == model.paddedVocabulary * model.channels && tensor.layer == nil
            let count = isTable ? model.vocabulary * model.channels : tensor.range.count
            var (squares, largest, bad) = (0.0, 0.0, 0)
            checkpoint.forEachPart(of: tensor) { values, start in
                for value in values.prefix(max(0, count - start)) {
                    guard value.isFinite else {
                        bad += 1
                        continue
                    }
                    squares += Double(value) * Double(value)
                    largest = max(largest, Double(abs(value)))
                }
            }
            return WeightStatistics(
                name: tensor.name,
                count: count,
                norm: squares.squareRoot(),
                rootMeanSquare: (squares / Double(max(count - bad, 1))).squareRoot(),
                absoluteMaximum: largest,
                nonFinite: bad
            )
        }
    }

    /// What is wrong with the weights by themselves.
    public var problems: [WeightProblem] {
        tensors.flatMap { tensor -> [WeightProblem] in
            var found: [WeightProblem] = []
            func add(_ figures: WeightProblem.Figures) {
                found.append(WeightProblem(subject: .weight(tensor.name), figures: figures))
            }
            if tensor.nonFinite > 0 { add(.nonFinite(tensor.nonFinite, of: tensor.count)) }
            // Biases start at zero, and before the first update so do some matrices.
            if tensor.norm == 0, tensor.nonFinite == 0, !tensor.name.hasSuffix("bias"), isTrained {
                add(.allZero(tensor.count))
            }
            if tensor.rootMeanSquare > Self.absurd {
                add(.absurdNorm(rootMeanSquare: tensor.rootMeanSquare, largest: tensor.absoluteMaximum))
            }
            return found
        }
    }

    /// The tensors whose norm is more than twice, or less than half, that of an earlier checkpoint of the same model.
    public func changes(since earlier: WeightReport, factor: Double = 2) -> [WeightProblem] {
        zip(tensors, earlier.tensors).compactMap { now, then in
            // Biases start at zero and grow by any factor.
            guard now.name == then.name, then.norm > 0, !now.name.hasSuffix("bias") else { return nil }
            // Of a tensor without a finite value there is no norm, and that is told already.
            guard now.nonFinite < now.count, then.nonFinite < then.count else { return nil }
            let ratio = now.norm / then.norm
            guard ratio > factor || ratio < 1 / factor else { return nil }
            return WeightProblem(subject: .weight(now.name), figures: .changedNorm(now.norm, earlier: then.norm))
        }
    }

    /// For each tensor the largest relative change that one Adam update of a learning rate can make: the rate times the
    /// root of the number of elements, over the norm. About 1e-3 is usual; far above, training is unstable.
    public func updateToWeight(learningRate: Double) -> [(name: String, ratio: Double)] {
        tensors.filter { $0.norm > 0 }.map { ($0.name, learningRate * Double($0.count).squareRoot() / $0.norm) }
    }
}

import Replay

/// Models and batches made from a seed.
enum RandomModel {
    /// A checkpoint with no parameter at a value of its own: biases and padding rows are not zero, LayerNorm weights not
    /// one, so that a term that is left out shows.
    static func checkpoint(_ description: TransformerDescription, seed: UInt64) throws -> Checkpoint {
        var generator = SplitMix64(seed: seed)
        var parameters = [Float](repeating: 0, count: description.parameterCount)
        for tensor in description.tensors {
            let isNorm = tensor.shape.count == 1 && tensor.name.hasSuffix("weight")
            for index in tensor.range {
                let value = Float.random(in: -0.15...0.15, using: &generator)
                parameters[index] = isNorm ? 1 + value : value
            }
        }
        return try Checkpoint(description: description, parameters: parameters)
    }

    /// Rows of random tokens, one row for each length.
    static func rows(lengths: [Int], vocabulary: Int, seed: UInt64) -> [TokenRow] {
        var generator = SplitMix64(seed: seed)
        return lengths.enumerated().map { index, length in
            let stream = (0...length).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &generator) }
            return TokenRow(stream: stream, row: index)
        }
    }
}

import Replay

/// A model and a batch on which gradients are compared.
struct GradientCase {
    var name: String
    var description: TransformerDescription
    /// The lengths of the batch's rows.
    var lengths: [Int]

    /// One case for each thing that a GPT-2 may have or lack.
    static func all() throws -> [GradientCase] {
        [
            GradientCase(
                name: "tanh-gelu-biases",
                description: try TransformerDescription(
                    layers: 3,
                    heads: 4,
                    channels: 64,
                    maximumSequence: 48,
                    vocabulary: 257
                ),
                lengths: [48, 48, 48]
            ),
            GradientCase(
                name: "exact-gelu-no-biases",
                description: try TransformerDescription(
                    layers: 2,
                    heads: 3,
                    channels: 48,
                    maximumSequence: 33,
                    vocabulary: 101,
                    activation: .gelu,
                    hasBiases: false
                ),
                lengths: [33, 17, 1, 33, 8]
            ),
            GradientCase(
                name: "padded-vocabulary",
                description: try TransformerDescription(
                    layers: 4,
                    heads: 2,
                    channels: 32,
                    maximumSequence: 130,
                    vocabulary: 500,
                    paddedVocabulary: 512
                ),
                lengths: [130, 129]
            ),
        ]
    }
}

import CTransformer
import Foundation

/// Standard normal numbers by the Box-Muller transform, two from two uniform ones.
struct GaussianSource {
    private var generator: SplitMix64
    private var spare: Double?

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func next() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let radius = (-2 * log(generator.uniform())).squareRoot()
        let angle = 2 * Double.pi * generator.uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}

extension TransformerDescription {
    /// GPT-2's initial weights: normal with deviation 0.02, the two projections into the residual stream scaled by
    /// 1/sqrt(2L), LayerNorm weights 1, biases and padding rows 0.
    func initialParameters(seed: UInt64) -> [Float] {
        var source = GaussianSource(seed: seed)
        var parameters = [Float](repeating: 0, count: parameterCount)
        let projection = 0.02 / Double(2 * sizes.layers).squareRoot()
        for tensor in tensors {
            if tensor.shape.count == 2 {
                let isProjection = tensor.slot == CT_ATTPROJW || tensor.slot == CT_FCPROJW
                let deviation = isProjection ? projection : 0.02
                let isTable = tensor.slot == CT_WTE || tensor.slot == CT_HEADW
                let drawn = isTable ? sizes.vocabulary * sizes.channels : tensor.range.count
                for index in tensor.range.prefix(drawn) { parameters[index] = Float(deviation * source.next()) }
            } else if tensor.name.hasSuffix("weight") || tensor.slot == CT_RESIDUAL_MIX {
                for index in tensor.range { parameters[index] = 1 }
            }
        }
        return parameters
    }
}

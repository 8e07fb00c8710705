import CTransformer

/// One gradient buffer per group, one after the other; the first holds the sum in the end.
struct GradientBuffers: Sendable {
    var storage: [Float] = []

    mutating func prepare(floats: Int) {
        if storage.count != floats { storage = [Float](repeating: 0, count: floats) }
    }

    /// Multiplies the summed gradient, and rounds it to half precision at a loss scale where one is given.
    mutating func distort(count: Int, factor: Float, lossScale: Float?) {
        guard factor != 1 || lossScale != nil else { return }
        storage.withUnsafeMutableBufferPointer { gradients in
            let gradient = UnsafeMutableBufferPointer(rebasing: gradients.prefix(count))
            let up = factor * (lossScale ?? 1)
            for index in gradient.indices { gradient[index] *= up }
            guard let lossScale else { return }
            ct_round(gradient.baseAddress, gradient.count, CT_FP16)
            for index in gradient.indices { gradient[index] /= lossScale }
        }
    }

    /// Norm of the whole gradient and of each tensor's, summed in double precision tensor by tensor.
    func norms(of tensors: [ParameterTensor]) -> (total: Double, each: [ParameterGradientNorm]) {
        storage.withUnsafeBufferPointer { gradients in
            guard let base = gradients.baseAddress else { return (0, []) }
            var sum = 0.0
            // A file's tensor may hold two of the model's.
            var each: [(name: String, squares: Double)] = []
            var place: [String: Int] = [:]
            for tensor in tensors {
                let squares = ct_sum_of_squares(base + tensor.range.lowerBound, tensor.range.count)
                sum += squares
                if let index = place[tensor.name] {
                    each[index].squares += squares
                } else {
                    place[tensor.name] = each.count
                    each.append((tensor.name, squares))
                }
            }
            return (sum.squareRoot(), each.map { ParameterGradientNorm(name: $0.name, norm: $0.squares.squareRoot()) })
        }
    }
}

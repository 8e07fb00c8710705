/// Means of per-token losses, in double precision.
enum Losses {
    static func evaluation(of tokenLosses: [[Float]]) -> BatchEvaluation {
        var evaluation = BatchEvaluation(
            loss: mean(tokenLosses),
            rowLosses: tokenLosses.map { sum($0) / Double(max($0.count, 1)) },
            probes: []
        )
        evaluation.tokenLosses = tokenLosses
        return evaluation
    }

    static func mean(_ tokenLosses: [[Float]]) -> Double {
        let tokens = tokenLosses.reduce(0) { $0 + $1.count }
        return tokenLosses.reduce(0.0) { $0 + sum($1) } / Double(max(tokens, 1))
    }

    private static func sum(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) } }
}

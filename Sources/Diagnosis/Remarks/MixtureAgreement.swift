import Foundation
import Terms

/// A run that was fed its sources in other shares than are configured.
package enum MixtureAgreement {
    /// The share of the rows that comes from other sources than configured.
    package static let distance = Threshold(
        "rows from other sources than configured",
        0.05,
        "share",
        source: "sources differ by about one nat: less moves the loss by less than the batch noise of large runs"
    )
    /// How probable the difference may be by chance.
    package static let chance = Threshold(
        "probability of the difference under the configured shares",
        0.001,
        "probability",
        source: "one run in a thousand; the bound is that of Laurent and Massart (2000), Lemma 1"
    )

    package static func remarks(_ facts: MixtureFacts?) -> [Remark] {
        guard let facts, facts.sources.count > 1, isBeyondChance(facts) else { return [] }
        let moved = facts.sources.reduce(0) { $0 + abs($1.share - $1.configuredShare) } / 2
        let odd = facts.sources.max { abs($0.share - $0.configuredShare) < abs($1.share - $1.configuredShare) }
        guard moved >= distance.value, let odd else { return [] }
        let passes: Phrase = odd.passes.map { ", \(ratio: $0) passes over it" } ?? Phrase()
        return [
            Remark(
                .setting(key: facts.key),
                title: "The run was fed other shares of its sources than configured",
                severity: .warning,
                cause: .dataOrder,
                confidence: 0.6,
                evidence: [
                    """
                    \(quoted: odd.name) makes \(share: odd.share) of what the steps of the log read\(passes); \
                    \(quoted: facts.key) gives it \(share: odd.configuredShare).
                    """,
                    "\(share: moved) of the rows come from other sources than configured, more than chance leaves.",
                ],
                nextTest: "look at the shares over the run in mixture.svg: a weak shuffle shows as slopes and steps",
                fix: """
                    Shuffle across sources, so that each stretch of the run has the configured shares, or correct \
                    \(quoted: facts.key) in audit.yaml.
                    """
            )
        ]
    }

    /// Whether the multinomial likelihood of the configured shares is too low.
    private static func isBeyondChance(_ facts: MixtureFacts) -> Bool {
        let gain = facts.sources.reduce(0) { sum, source in
            guard source.share > 0 else { return sum }
            return sum + facts.draws * source.share * log(source.share / max(source.configuredShare, 1e-9))
        }
        let degrees = Double(facts.sources.count - 1)
        let surprise = -log(chance.value)
        return gain > degrees / 2 + (degrees * surprise).squareRoot() + surprise
    }
}

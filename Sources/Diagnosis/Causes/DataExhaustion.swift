import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DataExhaustionCause``.
    public static let dataExhaustion = CauseKind("data-exhaustion")
}

/// The run reads the same tokens again: there are fewer of them than the plan needs.
package enum DataExhaustionCause: CauseRule {
    package static let kind = CauseKind.dataExhaustion
    package static let head = RuleHead(
        kind,
        title: "Data exhausted",
        summary: "The run reads the same tokens again: there are fewer of them than the plan needs.",
        references: ["arXiv:2305.16264"]
    )
    package static let explains: Set<SymptomKind> = [.lossPlateau, .overfitting, .epochJump, .lossStaircase]

    /// Passes beyond which more of them weigh no more.
    private static let mostPasses = 5.0

    // Few runs read their data more than four times.
    private static let prior = -1.8
    private static let swingsWithEpochs = Clue<Int>(
        "swings-with-epochs",
        3,
        because: "hardly anything else has the period of the data"
    ) { "The loss swings once in \(count: $0, "step"), one pass over the data." }
    private static let readAgain = Clue<Double>(
        "read-again",
        0.5,
        because: "counts once for each pass: repeated tokens lose their worth gradually"
    ) { "The run reads its training tokens \(ratio: $0) times." }
    private static let notReadOnce = Clue(
        "not-read-once",
        -2.5,
        because: "no token came twice unless the loader repeats some",
        "The run has not read all its training tokens once."
    )
    private static let changesAtEpoch = Clue(
        "changes-at-epoch",
        1.2,
        because: "a level that changes with a new pass shows that tokens are known already",
        "The level changes at an epoch boundary."
    )

    private static let moves = Clue.knownStepMoves(0.8, because: "the level changes with the pass, whatever the reason")
    private static let quiet = Clue.knownStepQuiet(-1.5, because: "tokens known already would show with a new pass")

    /// Swings are explained only where their period is that of the data.
    package static func isPossible(_ known: Case) -> Bool { known.shows(anyOf: explains) || known.isPeriodAnEpoch }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if known.isPeriodAnEpoch, let length = known.epochSteps {
            weighing.add(swingsWithEpochs, Int(step: length.rounded()))
        }
        if let epochs = known.epochs {
            if epochs > 1.5 {
                weighing.add(readAgain, epochs, times: min(mostPasses, epochs))
            } else if epochs < 1 {
                weighing.add(notReadOnce)
            }
        }
        if known.shows(.epochJump) { weighing.add(changesAtEpoch) }
        known.weighPlace(of: .epochBoundaries, moves: moves, quiet: quiet, into: &weighing)
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "\(.trace(step: known.run.lastStep)): the epoch and position of the last step"
    }

    package static func fix(_ known: Case) -> Advice {
        "Add shards, or stop after about four epochs, beyond which repeated tokens add little."
    }
}

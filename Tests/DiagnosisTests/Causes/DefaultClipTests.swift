import Diagnosis
import Terms
import Testing
import TrainingLogs

/// What a trainer clips at unless it is told otherwise counts where neither log nor configuration names a clip.
@Suite struct DefaultClipTests {
    private func clue(_ format: String, clip: Double? = nil, optimizer: String = "adamw") -> [String] {
        var run = SyntheticRun()
        run.kick(at: 600, height: 3, decay: 10)
        run.norm[599] *= 60
        run.configuration.gradientClip = clip
        run.configuration.optimizer = optimizer
        var history = run.history
        history.format = format
        let analysis = LogAnalysis(history, configuration: run.configuration)
        guard let event = Diagnosis.events(from: analysis.symptoms()).first else { return [] }
        let hypothesis = analysis.rank(event).first { $0.cause == .gradientClippingMissing }
        return hypothesis?.clues.map(\.clue).filter { $0.hasPrefix("clip") } ?? []
    }

    @Test func aTrainerThatClipsByDefaultIsUnlikelyToLackAClip() {
        let clips = Dictionary(uniqueKeysWithValues: LogFormats.all.map { ($0.id, $0.defaultClip) })
        #expect(clips["nanogpt"] == 1 && clips["megatron"] == 1 && clips["hf-trainer"] == 1)
        #expect(clips["llm.c-c"] == 0 && clips["modded-nanogpt"] == 0, "these trainers do not clip")
        #expect(clips["key-value"] == .some(nil), "whose log it is is not known")
        #expect(!clue("nanogpt").contains("clip-unknown"))
        #expect(clue("hf-trainer") != ["clip-unknown"])
        #expect(clue("llm.c-c") == ["clip-unknown"])
        #expect(clue("key-value") == ["clip-unknown"])
    }

    @Test func withAnotherOptimizerTheDefaultsOfTheTrainerDoNotHold() {
        #expect(clue("nanogpt", optimizer: "sgd") == ["clip-unknown"])
    }

    @Test func aConfigurationOutweighsTheDefault() {
        #expect(clue("nanogpt", clip: 0) == ["clip-off"])
    }
}

import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Small inputs that were misread before; skipped where they do not lie beside the checkout.
@Suite(.enabled(if: SharedCase.isPresent, "needs ../shared/cases")) struct SharedCaseTests {
    private func analysis(_ name: String) throws -> LogAnalysis {
        LogAnalysis(try LogReader.read(paths: [SharedCase.folder.appending(path: name).path], trainer: nil))
    }

    @Test func normsOfExactlyZeroAreACutGraph() throws {
        let symptom = try #require(try analysis("gradzero-25.log").symptoms().first { $0.kind == .gradientVanishing })
        #expect(symptom.severity == .failure && symptom.firstStep == 1)
        #expect(symptom[GradientVanishingRule.records] == 25)
    }

    @Test func anInfinityBehindADivergenceIsNoLogarithmOfZero() throws {
        let analysis = try analysis("inf-diverged.log")
        let event = try #require(Diagnosis.events(from: analysis.symptoms()).first)
        #expect(event.severity == .failure)
        let zero = analysis.rank(event).first { $0.cause == .logOfZero }
        #expect((zero?.confidence ?? 0) <= 0.01)
    }

    @Test func theSameLossesInEveryEpochAreSeen() throws {
        let symptoms = try analysis("repeat-epochs.log").symptoms()
        #expect(symptoms.contains { $0.kind == .lossRepeats && $0.severity > .info })
    }

    @Test func aRunThatStandsStillForItsWholeLogIsAPlateau() throws {
        let plateau = try #require(try analysis("p21-nofirst.log").symptoms().first { $0.kind == .lossPlateau })
        #expect(plateau.severity == .warning)
    }

    @Test(arguments: ["swift-5.log", "mae.log", "nemo-2epochs.log"]) func harmlessLogsRaiseNoAlarm(name: String) throws
    {
        let analysis = try analysis(name)
        #expect(analysis.history.train.count > 0)
        #expect(analysis.symptoms().filter { $0.severity > .info } == [])
    }
}

/// The folder with the small inputs, beside the checkout; absent on most machines.
private enum SharedCase {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/cases/logs")

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }
}

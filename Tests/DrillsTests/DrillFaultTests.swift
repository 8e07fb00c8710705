import AuditPipeline
import Diagnosis
import Drills
import Foundation
import Terms
import Testing

@Suite struct DrillFaultTests {
    @Test func everyFaultIsComplete() {
        let ids = DrillFault.all.map(\.id)
        for fault in DrillFault.all {
            #expect(ids.filter { $0 == fault.id }.count == 1, "two faults have the id \(fault.id)")
            #expect(
                !fault.summary.isEmpty && !fault.summary.hasSuffix("."),
                "the fault \(fault.id) needs a summary of a few words, without a full stop"
            )
            #expect(
                fault.cause != nil || fault.symptom != nil || fault.id.hasPrefix("none"),
                "the fault \(fault.id) needs the cause or symptom that an audit should name; ids of healthy runs begin with none"
            )
            #expect(
                fault.cause.map { !fault.accepted.contains($0) } ?? fault.accepted.isEmpty,
                "the fault \(fault.id) accepts its own cause, or a cause for a healthy run"
            )
        }
    }

    /// A new cause may come without a drill; a fault never without a cause that a rule knows.
    @Test func everyFaultHasACauseOfARule() {
        for fault in DrillFault.all {
            for cause in fault.accepted + [fault.cause].compactMap(\.self) {
                #expect(
                    CauseRules.kinds.contains(cause),
                    "the fault \(fault.id) names \(cause.rawValue), which no rule has"
                )
            }
        }
    }

    @Test func aDrillRefusesAFolderThatIsNotEmpty() throws {
        let scratch = TemporaryFolder()
        defer { scratch.remove() }
        let folder = URL(fileURLWithPath: scratch.path)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("keep".utf8).write(to: folder.appendingPathComponent("mine.txt"))
        let fault = try #require(DrillFault.named("none"))
        let drill = Drill(fault: fault, threads: 1)
        #expect(throws: AuditError.self) { try drill.run(into: scratch.path, progress: SilentProgress()) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["mine.txt"])
    }
}

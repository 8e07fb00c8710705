import Foundation
import Replay
import Testing

/// Whether each family in the list has all the parts that make it one.
@Suite struct ArchitectureListTests {
    private static let page = "Documentation.docc/Guides/Replaying-a-batch.md"

    @Test func idsAndTitlesAreUnique() {
        for (index, architecture) in ModelArchitecture.all.enumerated() {
            for other in ModelArchitecture.all[..<index] {
                #expect(architecture.id != other.id, "two architectures have the id \(other.id)")
                #expect(architecture.title != other.title, "\(architecture.id) and \(other.id) have one title")
            }
            #expect(ModelArchitecture.named(architecture.id) == architecture)
        }
        #expect(ModelArchitecture.named("gpt5") == nil)
    }

    @Test(arguments: ModelArchitecture.all.map(\.id)) func itHasAFixture(id: String) {
        #expect(
            ArchitectureTests.all.contains { $0.architecture.id == id } || FamilyTests.all.contains(id),
            "\(id) has no fixture: make one with Benchmarks/references.py or Benchmarks/families.py"
        )
    }

    /// The names of a checkpoint's own tensors are signs of its family, and of no other.
    @Test(arguments: ArchitectureTests.all) func itIsRecognisedByItsTensors(fixture: ArchitectureTests.Fixture) throws {
        let names = try Checkpoint.read(path: fixture.path).description.tensors.map(\.name)
        let found = ModelArchitecture.all.filter { $0.isShown(by: names) }
        #expect(
            found == [fixture.architecture],
            "the tensors of \(fixture.name) are signs of \(found.map(\.id)), expected \(fixture.architecture.id) alone"
        )
    }

    @Test(arguments: ModelArchitecture.all.map(\.id)) func theGuideHasIt(id: String) throws {
        let architecture = try #require(ModelArchitecture.named(id))
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent(Self.page), encoding: .utf8)
        let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(id)` |") }
        let message = "\(id) has no row with \(architecture.title) under \"What can be replayed\" in \(Self.page)"
        #expect(row?.contains(architecture.title) == true, "\(message)")
    }
}

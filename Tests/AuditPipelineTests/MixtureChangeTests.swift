import AuditPipeline
import DataOrder
import Diagnosis
import Reporting
import Terms
import Testing

/// Where the composition of the data changes by more than sampling explains, and where it does not.
@Suite struct MixtureChangeTests {
    /// A loader that draws each row of an update from a source, with shares that may depend on the update.
    private struct Drawn: Loader {
        var shards: [ShardLayout]
        var geometry: BatchGeometry
        /// The source of each row of each update.
        var rows: [[Int]]

        var readsShardsInOrder: Bool { false }

        init(seed: UInt64, updates: Int, batch: Int, clump: Int = 1, shares: (Int) -> [Double]) throws {
            var draws = Draws(seed: seed)
            let count = shares(0).count
            shards = MixtureTests.shards((0..<count).map { "s\("abcdefgh".map(String.init)[$0])/x_1.bin" })
            geometry = try BatchGeometry(batch: batch, sequence: 16)
            rows = (0..<updates).map { update in
                let shares = shares(update)
                var sources: [Int] = []
                while sources.count < batch {
                    var (left, source) = (draws.unit(), 0)
                    while source < count - 1, left >= shares[source] {
                        left -= shares[source]
                        source += 1
                    }
                    sources += [Int](repeating: source, count: min(clump, batch - sources.count))
                }
                return sources
            }
        }

        func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
            guard rows.indices.contains(update) else { throw .stepOutOfRange(update: update, limit: rows.count) }
            let spans = rows[update].map { shard in
                DataSpan(
                    shard: shard,
                    name: shards[shard].name,
                    rank: 0,
                    microStep: 0,
                    tokens: 0..<17,
                    bytes: 0..<34,
                    confidence: .exact
                )
            }
            return [MicroBatch(rank: 0, microStep: 0, spans: spans, arrangement: .rows(length: 17))]
        }

        func updates(reading tokens: Range<Int>, ofShard shard: Int, limit: Int) -> [Range<Int>] { [] }
    }

    private func mixture(
        seed: UInt64,
        updates: Int = 1000,
        batch: Int = 8,
        clump: Int = 1,
        _ shares: (Int) -> [Double]
    ) throws -> Mixture {
        let loader = try Drawn(seed: seed, updates: updates, batch: batch, clump: clump, shares: shares)
        let map = DataMap(loader: loader, loaderID: "drawn", stepBase: 0, updates: updates)
        return try #require(MixtureStage.mixture(map, steps: 0...updates - 1, order: OrderOptions()))
    }

    /// Independent rows, rows in clumps, whole batches of one source; few and many.
    @Test(arguments: [(8, 1, [0.5, 0.3, 0.2]), (32, 8, [0.7, 0.2, 0.1]), (16, 16, [0.5, 0.5]), (2, 1, [0.9, 0.1])])
    func aSteadyMixtureHasNoChange(batch: Int, clump: Int, shares: [Double]) throws {
        var alarms = 0
        for seed in 1...50 {
            let updates = seed % 3 == 0 ? 180 : 700
            let found = try mixture(seed: UInt64(seed), updates: updates, batch: batch, clump: clump) { _ in shares }
            if !found.report.changes.isEmpty { alarms += 1 }
        }
        #expect(alarms <= 1, "\(alarms) of 50")
    }

    @Test(arguments: [(8, 1), (32, 8)])
    func aChangeIsFoundWhereItIs(batch: Int, clump: Int) throws {
        var found = 0
        for seed in 1...30 {
            let place = 200 + 20 * seed
            let report = try mixture(seed: UInt64(seed), batch: batch, clump: clump) { update in
                update < place ? [0.6, 0.3, 0.1] : [0.3, 0.3, 0.4]
            }.report
            if report.changes.count == 1, abs(report.changes[0].step - place) <= 2 * report.windowSteps { found += 1 }
        }
        #expect(found >= 29, "\(found) of 30")
    }

    @Test func sourcesThatFollowOneAnotherChangeAtExactlyTheirStep() throws {
        let layouts = MixtureTests.shards(["books_1.bin", "books_2.bin", "code_1.bin"], tokens: 10_000)
        let loader = try ContiguousLoader(shards: layouts, geometry: BatchGeometry(batch: 4, sequence: 25))
        let map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 1, updates: 300)
        let changes = try #require(MixtureStage.mixture(map, steps: 1...300, order: OrderOptions())).report.changes
        #expect(changes.map(\.step) == [201])
        #expect(changes.first?.before.map(\.value) == [1, 0] && changes.first?.after.map(\.value) == [0, 1])
    }

    @Test func aStretchOfAnotherSourceBeginsAndEnds() throws {
        let report = try mixture(seed: 3) { (400..<480).contains($0) ? [0.1, 0.9] : [0.9, 0.1] }.report
        #expect(report.changes.count == 2)
        #expect(abs((report.changes.first?.step ?? 0) - 400) <= 5 && abs((report.changes.last?.step ?? 0) - 480) <= 5)
    }

    @Test func shardsReadOneAfterAnotherAreNoChanges() throws {
        let layouts = MixtureTests.shards((1...6).map { "a_\($0).bin" })
        let loader = try ContiguousLoader(shards: layouts, geometry: BatchGeometry(batch: 4, sequence: 25))
        let map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 0, updates: 600)
        let mixture = try #require(MixtureStage.mixture(map, steps: 0...599, order: OrderOptions()))
        #expect(mixture.report.changes.isEmpty)
        #expect(mixture.evidence(100...110, []) == nil, "every boundary would be one")
    }

    // MARK: Evidence

    @Test func anEventAtAChangeIsToldOfItAndOthersAreNot() throws {
        let mixture = try mixture(seed: 5) { $0 < 500 ? [0.9, 0.1] : [0.1, 0.9] }
        let change = try #require(mixture.report.changes.first)
        guard case .mixtureChange(let found)? = mixture.evidence(change.step + 1...change.step + 40, [change.step])
        else {
            Issue.record("no change")
            return
        }
        #expect(found.step == change.step && found.distance == 1 && found.changes == 1 && found.quietChanges == 0)
        #expect(found.before > 0.85 || found.after > 0.85)
        #expect(mixture.evidence(200...260, []) == .mixtureSteady(sources: 2))
        #expect(mixture.evidence(200...200, []) == nil || mixture.evidence(200...200, []) == .mixtureSteady(sources: 2))
        #expect(mixture.evidence(480...520, []) == nil, "the change lies within the event, not at its onset")
        #expect(mixture.evidence(5000...5010, []) == nil)
        #expect(mixture.evidence(Int.min...Int.max, []) == nil)
    }

    @Test func tooFewRowsSayNothing() throws {
        let mixture = try mixture(seed: 5, updates: 150, batch: 1) { _ in [0.9, 0.1] }
        #expect(mixture.evidence(70...72, []) == nil)
    }
}

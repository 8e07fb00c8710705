import Reporting
import Terms

/// Hand-made mixtures: the same values on every machine.
enum MixtureFixture {
    /// Three sources over 400 steps; from step 241 on the second takes over, and steps 301 to 310 are not known.
    static let sources: MixtureReport = {
        let names = ["web_train", "books_train", "code_train"]
        let windows = (0..<80).map { index -> MixtureReport.Window in
            let first = 1 + 5 * index
            let books = first < 241 ? 800 + 40 * (index % 5) : 3000 + 60 * (index % 4)
            let code = 400 + 70 * (index % 3)
            let read = [5120 - books - code, books, code]
            return .init(firstStep: first, lastStep: first + 4, read: (301...306).contains(first) ? nil : read)
        }
        let totals = names.indices.map { band in windows.reduce(0) { $0 + ($1.read?[band] ?? 0) } }
        let all = Double(totals.reduce(0, +))
        return MixtureReport(
            grouping: .source,
            confidence: .exact,
            unit: .tokens,
            windowSteps: 5,
            mappedSteps: 390,
            sources: zip(names, zip(totals, [0.72, 0.18, 0.1])).map { name, numbers in
                .init(
                    name: name,
                    shards: 4,
                    read: numbers.0,
                    share: Double(numbers.0) / all,
                    passes: Double(numbers.0) / 100_000,
                    configuredShare: numbers.1
                )
            },
            windows: windows,
            changes: [.init(step: 241, before: [0.74, 0.17, 0.09], after: [0.31, 0.6, 0.09])],
            repetitions: [.init(shard: "books_train_000002.bin", passes: 2)]
        )
    }()

    /// Thirty shards in a row, two passes, in twelve groups.
    static let shards: MixtureReport = {
        let windows = (0..<100).map { index -> MixtureReport.Window in
            let place = Double(index % 50) * 12 / 50
            let band = Int(place)
            var read = [Int](repeating: 0, count: 12)
            let next = min(11, band + 1)
            let share = max(0, min(1, (place - Double(band) + 0.24 - 1) / 0.24))
            read[band] += Int(4096 * (1 - share))
            read[next] += Int(4096 * share)
            return .init(firstStep: 1 + 4 * index, lastStep: 4 + 4 * index, read: read)
        }
        return MixtureReport(
            grouping: .shard,
            confidence: .exact,
            unit: .tokens,
            windowSteps: 4,
            mappedSteps: 400,
            sources: (0..<12).map { band in
                .init(
                    name: "fineweb_train_\(100 + 5 * band / 2).bin to fineweb_train_\(101 + 5 * band / 2).bin",
                    shards: 2,
                    read: windows.reduce(0) { $0 + ($1.read?[band] ?? 0) },
                    share: 1.0 / 12,
                    passes: 2
                )
            },
            windows: windows
        )
    }()
}

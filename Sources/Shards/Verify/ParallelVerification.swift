import Terms

extension Verifier {
    /// A part of a shard is read at a time where pieces are known, at least this many bytes.
    static let segmentBytes = 64 << 20

    /// Something one worker does without a break: some small shards, a large one, or a part of a large one.
    private enum Unit: Sendable {
        case shards(Range<Int>)
        case segment(index: Int, number: Int, range: Range<Int>)
    }

    private enum Result: Sendable {
        case shards([(index: Int, verification: ShardVerification)])
        case segment(index: Int, number: Int, KnownPieces?)
    }

    /// Checks shards in the given order, as many at once as there are workers.
    /// - Parameters:
    ///   - isTimeUp: Asked before each shard, or part of one; from then on nothing new is begun.
    ///   - finished: Called with each shard when it is done, one at a time, in the order in which they come.
    /// - Returns: One verification an entry, in the order of the entries; `nil` for those that were not begun.
    func verify(
        _ entries: [ManifestEntry],
        isTimeUp: @escaping @Sendable () -> Bool = { false },
        finished: (Int, ShardVerification) -> Void = { _, _ in },
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async -> [ShardVerification?] {
        let units = plan(entries)
        var results = [ShardVerification?](repeating: nil, count: entries.count)
        var segments: [Int: [Int: KnownPieces?]] = [:]
        let segmentCount = units.reduce(into: [Int: Int]()) { counts, unit in
            if case .segment(let index, _, _) = unit { counts[index, default: 0] += 1 }
        }
        await withTaskGroup(of: Result.self) { group in
            var next = 0
            func add() {
                guard next < units.count, !Task.isCancelled, !isTimeUp() else { return }
                let unit = units[next]
                next += 1
                group.addTask { self.run(unit, entries, isTimeUp: isTimeUp, progress: progress) }
            }
            for _ in 0..<min(workers, units.count) { add() }
            while let result = await group.next() {
                switch result {
                case .shards(let shards):
                    for (index, verification) in shards {
                        results[index] = verification
                        finished(index, verification)
                    }
                case .segment(let index, let number, let digests):
                    segments[index, default: [:]][number] = .some(digests)
                    guard segments[index]?.count == segmentCount[index] else { break }
                    let parts = segments.removeValue(forKey: index) ?? [:]
                    let joined = Self.join(parts.sorted { $0.key < $1.key }.map(\.value))
                    // A part that could not be read is tried once more as a whole, for its message.
                    let verification = self.verify(entries[index], known: joined, progress: { _ in })
                    results[index] = verification
                    finished(index, verification)
                }
                add()
            }
        }
        return results
    }

    private func run(
        _ unit: Unit,
        _ entries: [ManifestEntry],
        isTimeUp: () -> Bool,
        progress: (Int) -> Void
    ) -> Result {
        switch unit {
        case .shards(let range):
            var shards: [(Int, ShardVerification)] = []
            for index in range {
                if index > range.lowerBound, isTimeUp() { break }
                shards.append((index, verify(entries[index], progress: progress)))
            }
            return .shards(shards)
        case .segment(let index, let number, let range):
            let entry = entries[index]
            guard let algorithm = entry.pieces.first?.algorithm,
                let path = try? folder.resolve(entry.name), let file = try? FileReader(path: path),
                let digests = try? FileDigests.of(
                    file,
                    .init(pieces: algorithm),
                    pieceBytes: manifest.pieceBytes(of: entry),
                    range: range,
                    skipsUnreadable: true,
                    progress: progress
                ), !file.hasChanged
            else { return .segment(index: index, number: number, nil) }
            return .segment(index: index, number: number, KnownPieces(digests: digests, file: file.identity))
        }
    }

    /// The pieces of all parts, if all are of the same file in the same state.
    private static func join(_ parts: [KnownPieces?]) -> KnownPieces? {
        guard let file = parts.first.flatMap({ $0?.file }) else { return nil }
        var result = KnownPieces(digests: FileDigests(pieces: [], bytes: 0), file: file)
        for part in parts {
            guard let part, part.file == file else { return nil }
            result.digests.pieces += part.digests.pieces
            result.digests.bytes += part.digests.bytes
            result.digests.unreadable = (result.digests.unreadable + part.digests.unreadable).merged()
        }
        return result
    }

    private func plan(_ entries: [ManifestEntry]) -> [Unit] {
        var units: [Unit] = []
        var run = 0..<0
        var runBytes = 0
        func flush() {
            if !run.isEmpty { units.append(.shards(run)) }
            run = run.upperBound..<run.upperBound
            runBytes = 0
        }
        for (index, entry) in entries.enumerated() {
            let segments = level >= .digest && workers > 1 ? segments(of: entry) : []
            if !segments.isEmpty {
                flush()
                for (number, range) in segments.enumerated() {
                    units.append(.segment(index: index, number: number, range: range))
                }
                run = index + 1..<index + 1
                continue
            }
            run = run.lowerBound..<index + 1
            // Where sizes are not known a shard is taken for a large one.
            runBytes += level >= .digest ? min(entry.bytes ?? Self.segmentBytes, Self.segmentBytes) : 0
            if runBytes >= 1 << 20 || run.count >= 256 { flush() }
        }
        flush()
        return units
    }

    /// The parts of a large shard that can be proved alone; none for others.
    private func segments(of entry: ManifestEntry) -> [Range<Int>] {
        guard !entry.pieces.isEmpty, let bytes = entry.bytes, bytes >= 2 * Self.segmentBytes,
            let path = try? folder.resolve(entry.name), let found = FileIdentity(following: path),
            found.isRegular, found.size == bytes
        else { return [] }
        let pieceBytes = manifest.pieceBytes(of: entry)
        let step = max(1, Self.segmentBytes / pieceBytes) * pieceBytes
        return stride(from: 0, to: bytes, by: step).map { start in
            // The last one reads on to the end, so that a file that grows is seen to.
            start..<(bytes - start <= step ? .max : start + step)
        }
    }
}

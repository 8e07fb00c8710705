import Terms

extension Verifier {
    /// Adds what the content shows to a verification, when the level asks for it.
    func withContent(
        _ verification: ShardVerification,
        _ file: FileReader,
        progress: (Int) -> Void
    ) -> ShardVerification {
        guard level >= .decode, verification.status != .malformed, verification.status != .unreadable,
            decodesProved || verification.status != .verified
        else { return verification }
        var result = verification
        do throws(ShardError) {
            // The structure of a shard that is too short or too long is known to be wrong.
            guard let content = try ShardContent.check(file, vocabulary: vocabulary, progress: progress) else {
                return verification
            }
            result.defects = content.defects
            result.contentDigest = content.digest
        } catch .malformed(_, let byte, let found, let expected) {
            let end = max(byte, file.size)
            result.defects = [
                ShardDefect(
                    kind: .undecodable,
                    severity: .failure,
                    bytes: min(byte, end)..<end,
                    detail: "byte \(byte): \(found); expected \(expected)"
                )
            ]
        } catch {
            result.detail += "; \(error.description)"
            return result
        }
        conclude(&result)
        return result
    }

    private func conclude(_ result: inout ShardVerification) {
        switch result.status {
        case .verified:
            // It is what the manifest says: what is strange about it was strange when it was made.
            for index in result.defects.indices { result.defects[index].severity = .warning }
        case .unproved:
            result.level = max(result.level, .decode)
            let failures = result.defects.filter { $0.severity == .failure }
            if let first = failures.first {
                result.status = .malformed
                result.damagedRanges = failures.map(\.bytes).merged()
                let more = failures.count == 1 ? "" : "; and \(failures.count - 1) more"
                result.detail = first.detail + more
            } else {
                result.detail = "no digest is known; all of it was decoded"
            }
        default:
            // The digest says that something is wrong, the content where.
            guard result.status == .mismatch, result.damagedRanges.isEmpty else { return }
            let shown = result.defects.filter { ShardDefect.Kind.places.contains($0.kind) }
            result.damagedRanges = shown.map(\.bytes).merged()
            if let first = shown.first {
                result.detail += "; its content shows damage: \(first.detail)"
            }
        }
    }

    /// Adds a defect to every shard whose content or digest an earlier one has.
    static func withDuplicates(_ verifications: [ShardVerification]) -> [ShardVerification] {
        var result = verifications
        var first: [String: String] = [:]
        for index in result.indices {
            guard let size = result[index].bytes, size > 0 else { continue }
            var keys: [String] = []
            if let digest = result[index].contentDigest { keys.append("content \(digest)") }
            if result[index].level == .digest, let actual = result[index].actual { keys.append("file \(actual)") }
            if let other = keys.compactMap({ first[$0] }).first {
                result[index].defects.append(
                    ShardDefect(
                        kind: .duplicateShard,
                        severity: .warning,
                        bytes: 0..<size,
                        detail: "the same content as \(printable(other))"
                    )
                )
            }
            for key in keys where first[key] == nil { first[key] = result[index].name }
        }
        return result
    }
}

extension ShardDefect.Kind {
    /// The defects that say where a shard is damaged, once it is known that it is.
    static let places: Set<Self> = [
        .undecodable, .invalidText, .outsideVocabulary, .zeroRun, .tokenRun, .oddByteShift, .entropyOutlier,
    ]
}

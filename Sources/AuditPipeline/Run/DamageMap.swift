import DataOrder
import Shards
import Terms

/// Where shards are damaged: exact where a pristine copy was compared, else the pieces that fail.
struct DamageMap: Sendable {
    let inventory: ShardInventory
    let map: DataMap?
    let copies: PristineCopies

    /// Damaged byte ranges of a shard.
    func bytes(_ shard: ShardVerification) -> [Range<Int>] {
        copies.differences[shard.name] ?? shard.damagedRanges
    }

    /// Damaged tokens of a shard.
    func tokens(_ shard: ShardVerification) -> [Range<Int>] {
        guard let layout = map?.loader.shards.first(where: { $0.name == shard.name }) else { return [] }
        return bytes(shard).map { layout.tokens(touching: $0) }.filter { !$0.isEmpty }
    }

    /// The tokens of a shard by which steps that read damage are known: as finely as a copy, the content or a piece tells.
    func readTokens(_ shard: ShardVerification) -> [Range<Int>] {
        let odd = Self.oddTokens(shard)
        return copies.differences[shard.name] == nil && !odd.isEmpty ? odd : tokens(shard)
    }

    /// Tokens of a shard that look like none of its others, or are there twice.
    static func oddTokens(_ shard: ShardVerification) -> [Range<Int>] {
        let kinds: Set<ShardDefect.Kind> = [.entropyOutlier, .repeatedBlock, .oddByteShift]
        return shard.defects.filter { kinds.contains($0.kind) }.compactMap(\.tokens).filter { !$0.isEmpty }
    }

    /// Damaged tokens of all shards, by name.
    func tokensByShard() -> [String: [Range<Int>]] {
        var result: [String: [Range<Int>]] = [:]
        for shard in inventory.everDamaged { result[shard.name] = tokens(shard) }
        return result
    }
}

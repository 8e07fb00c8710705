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

    /// Damaged tokens of all shards, by name.
    func tokensByShard() -> [String: [Range<Int>]] {
        var result: [String: [Range<Int>]] = [:]
        for shard in inventory.everDamaged { result[shard.name] = tokens(shard) }
        return result
    }
}

import Replay

extension DrillPlan {
    /// Damages a region of one shard in the middle of the run, right size and right header: the tokens that feed six steps.
    mutating func damageRegion(_ damage: (_ pristine: ArraySlice<UInt16>, inout SplitMix64) -> [UInt16]) {
        let length = 6 * tokensPerStep
        let hit = middle()
        let place = place(update: hit)
        let latest = shards[place.shard].tokens.count - length - tokensPerStep
        let first = min(place.token + tokensPerStep / 3, max(0, latest))
        let range = first..<first + length
        let wrong = damage(shards[place.shard].pristine[range], &random)
        shards[place.shard].tokens.replaceSubrange(range, with: wrong.prefix(length))
        let culprit = culprit(shard: place.shard, tokens: range)
        culprits = [culprit]
        onset = culprit.steps[0]
    }

    /// Where tokens of a shard lie in its file, and which steps read them.
    /// - Parameter range: The tokens; `nil` for all of the shard.
    func culprit(shard: Int, tokens range: Range<Int>? = nil) -> DrillTruth.Culprit {
        let range = range ?? 0..<shards[shard].tokens.count
        let stream = shards.prefix(shard).reduce(0) { $0 + $1.tokens.count }
        // Step s (1-based in the log) reads stream positions [(s − 1)·N, s·N], the last target included.
        let firstStep = max(0, stream + range.lowerBound - 1) / tokensPerStep + 1
        let lastStep = (stream + range.upperBound - 1) / tokensPerStep + 1
        return DrillTruth.Culprit(
            shard: shards[shard].name,
            tokens: [range.lowerBound, range.upperBound],
            bytes: [1024 + 2 * range.lowerBound, 1024 + 2 * range.upperBound],
            steps: [firstStep, lastStep]
        )
    }

    /// Leaves the first shard alone, with these tokens.
    mutating func keepOneShard(_ tokens: [UInt16]) {
        shards = [DrillShard(name: shards[0].name, pristine: tokens)]
    }
}

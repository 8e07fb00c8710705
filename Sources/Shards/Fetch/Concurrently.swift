/// Work on several shards at once.
public enum Concurrently {
    /// The most downloads or copies at once: more only compete for one network and one disk.
    public static let transferLimit = 8

    /// Applies `work` to all items, at most `limit` at once.
    /// - Returns: One result an item, in the order of the items; one failure stops none of the others. After a
    ///   cancellation the items not begun fail with `CancellationError`.
    public static func map<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        limit: Int,
        _ work: @escaping @Sendable (Item) async throws -> Value
    ) async -> [Result<Value, any Error>] {
        var results = [Result<Value, any Error>](repeating: .failure(CancellationError()), count: items.count)
        await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
            var next = 0
            func add() {
                guard next < items.count, !Task.isCancelled else { return }
                let index = next
                let item = items[index]
                next += 1
                group.addTask {
                    do {
                        return (index, .success(try await work(item)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<min(max(1, limit), items.count) { add() }
            for await (index, result) in group {
                results[index] = result
                add()
            }
        }
        return results
    }
}

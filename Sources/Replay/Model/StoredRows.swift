/// Which rows of a file's tensor a tensor of the model is made of.
public enum StoredRows: Sendable, Hashable {
    /// All, in their order.
    case all
    /// Neighbouring ones from `first` on, of so many: a tensor that holds several.
    case slice(first: Int, of: Int)
    /// Queries, keys and values of each group of heads one after the other: GPT-NeoX, old litgpt.
    case byGroup(groups: Int, queries: Int, width: Int)

    /// How many rows the file's tensor has, for a tensor of the model with `rows`.
    func total(_ rows: Int) -> Int {
        if case .slice(_, let total) = self { return total }
        return rows
    }

    /// The first row in the file.
    var first: Int {
        if case .slice(let first, _) = self { return first }
        return 0
    }

    /// For each row the place it has in the file, counted from `first`; `nil` where they are in their order.
    func order(_ rows: Int) -> [Int]? {
        guard case .byGroup(let groups, let queries, let width) = self else { return nil }
        return (0..<rows).map { row in
            let (vector, channel) = row.quotientAndRemainder(dividingBy: width)
            let group: Int
            let part: Int
            if vector < groups * queries {
                (group, part) = vector.quotientAndRemainder(dividingBy: queries)
            } else {
                let other = vector - groups * queries
                (group, part) = other < groups ? (other, queries) : (other - groups, queries + 1)
            }
            return (group * (queries + 2) + part) * width + channel
        }
    }
}

/// What a pickle describes, as numbered nodes: containers refer to their parts by number, so a hostile pickle can
/// neither build a value that is too deep to free nor share one that is copied.
package struct PickleGraph: Sendable {
    package enum Node: Sendable {
        case none
        case bool(Bool)
        case int(Int)
        case double(Double)
        case text(String)
        case bytes([UInt8])
        case tuple([Int])
        case list([Int])
        case dictionary([(key: Int, value: Int)])
        /// A class or function by name; never looked up.
        case global(String)
        /// An object in a file outside the pickle; the node is its identifying tuple.
        case persistent(Int)
        /// The result of calling something by name: its arguments and, if it was set, its state.
        case object(type: String, arguments: Int, state: Int?)
    }

    var nodes: [Node] = []
    package internal(set) var root = 0

    package subscript(_ index: Int) -> Node { nodes[index] }

    /// The items of a tuple or list.
    package func items(_ index: Int) -> [Int]? {
        switch nodes[index] {
        case .tuple(let items), .list(let items): items
        default: nil
        }
    }

    /// The pairs of a dictionary, or of an object's state.
    package func pairs(_ index: Int) -> [(key: Int, value: Int)]? {
        switch nodes[index] {
        case .dictionary(let pairs): return pairs
        case .object(_, _, let state?):
            if case .dictionary(let pairs) = nodes[state] { return pairs }
            return nil
        default: return nil
        }
    }

    /// The value under a text key; the last one, as in Python.
    package func value(_ index: Int, _ key: String) -> Int? {
        pairs(index)?.last { text($0.key) == key }?.value
    }

    package func text(_ index: Int) -> String? {
        guard case .text(let text) = nodes[index] else { return nil }
        return text
    }

    package func bytes(_ index: Int) -> [UInt8]? {
        guard case .bytes(let bytes) = nodes[index] else { return nil }
        return bytes
    }

    package func int(_ index: Int) -> Int? {
        guard case .int(let value) = nodes[index] else { return nil }
        return value
    }
}

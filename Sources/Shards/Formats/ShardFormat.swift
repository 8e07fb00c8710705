import Terms

/// One on-disk form of a shard. All that the program knows of the form stands in the type that adopts this.
///
/// A new form takes four files: its own, a line in ``ShardFormats/all``, its example in `ShardExamples.swift` of the tests, and
/// its line in the table of `Shard-formats.md` of the guide. A test names what is missing.
package protocol ShardFormat: Sendable {
    /// What people call it, as in the guide's table.
    static var title: String { get }

    /// The ids that its headers give, the plain one first.
    static var ids: [String] { get }

    /// How its files' names end. `lock` takes files with such a name for shards.
    static var suffixes: [String] { get }

    /// How its files' bytes begin, where they begin alike.
    static var magic: [[UInt8]] { get }

    /// What its content is counted in; `nil` for a file that only points to content.
    static var unit: ShardUnit? { get }

    /// Whether it can hold tokens, which ``TokenReader`` then reads.
    static var holdsTokens: Bool { get }

    /// Whether its rows have a fixed length and may end in padding.
    static var hasPaddedRows: Bool { get }

    /// The values of `order.loader` that read it; the first is the one that ``clue(in:)`` speaks for.
    static var loaders: [String] { get }

    /// Why a folder's shards can only be meant for the first of ``loaders``; `nil` when they can be meant for others too.
    static func clue(in shards: ShardListing) -> String?

    /// Whether a file is of this form, from its name and its first bytes.
    static func recognises(_ shard: ShardCandidate) -> Bool

    /// Reads and checks the structure; reads little of the file.
    /// - Throws: ``ShardError/malformed(path:byte:found:expected:)`` at the first byte that cannot be right.
    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader

    /// Where the tokens are and how wide they are; `nil` when there are none.
    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout?

    /// The token that stands between documents; `nil` where none is known.
    static func delimiter(_ type: TokenType) -> Int32?

    /// Decodes what there is besides tokens: pages, samples, text.
    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect]
}

extension ShardFormat {
    static var id: String { ids.first ?? "" }

    package static var magic: [[UInt8]] { [] }
    package static var holdsTokens: Bool { unit == .tokens }
    package static var hasPaddedRows: Bool { false }

    package static func clue(in shards: ShardListing) -> String? { nil }

    package static func recognises(_ shard: ShardCandidate) -> Bool { hasMagic(shard) || hasSuffix(shard.name) }

    static func hasMagic(_ shard: ShardCandidate) -> Bool { magic.contains { shard.head.starts(with: $0) } }

    package static func hasSuffix(_ name: String) -> Bool { suffixes.contains { name.hasSuffix($0) } }

    /// Tokens without gaps behind the header.
    package static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? {
        guard holdsTokens else { return nil }
        let header = try header(of: shard)
        guard let tokens = header.tokens else { return nil }
        return TokenLayout(
            bytes: shard.file,
            type: TokenType(width: header.tokenWidth, isSigned: false),
            spans: [TokenLayout.Span(firstToken: 0, byte: header.headerBytes, count: tokens)]
        )
    }

    /// By the width, which tells the vocabularies that people train on apart: GPT-2's, and Llama 3's.
    package static func delimiter(_ type: TokenType) -> Int32? {
        switch type.width {
        case 2: 50256
        case 4: 128_000
        default: nil
        }
    }

    package static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] { [] }
}

/// The shards of a folder, as far as they show which loader they are meant for.
package struct ShardListing: Sendable {
    /// The names of all of them.
    package var names: [String]
    /// Those that are no validation data, with their headers where they could be read.
    package var training: [(name: String, header: ShardHeader?)]

    /// Describes a folder.
    package init(names: [String], training: [(name: String, header: ShardHeader?)]) {
        self.names = names
        self.training = training
    }
}

/// The four little-endian bytes that a number takes at the front of a file.
func magicNumber(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

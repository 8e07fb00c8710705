/// Stops files that were made to unpack to far more than any log holds. Logs shrink 5 to 50 times.
struct ExpansionLimit {
    /// Unpacked bytes below which any ratio is taken.
    static let free = 256 << 20
    /// Unpacked bytes a packed one may give beyond that.
    static let ratio = 400

    private(set) var packed = 0
    private(set) var unpacked = 0

    mutating func add(packed: Int = 0, unpacked: Int = 0) {
        self.packed += packed
        self.unpacked += unpacked
    }

    var isExceeded: Bool { unpacked > Self.free && unpacked / Self.ratio > packed }

    /// What to say when it is.
    var note: String {
        "it unpacks to more than \(Self.ratio) times its size, as no log does; reading stopped after \(unpacked) bytes"
    }
}

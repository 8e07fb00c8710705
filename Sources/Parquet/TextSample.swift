/// The bytes that the texts of one column chunk are made of, from the beginning of each text.
package struct TextSample: Sendable {
    /// Bytes looked at, of each text and of all.
    private static let perText = 256
    private static let limit = 1 << 17

    /// How often each byte occurs.
    package private(set) var counts = [Int](repeating: 0, count: 256)
    /// The number of bytes looked at.
    package private(set) var total = 0

    mutating func add(_ text: UnsafeRawBufferPointer) {
        guard total < Self.limit else { return }
        let part = text.prefix(Self.perText)
        for byte in part { counts[Int(byte)] += 1 }
        total += part.count
    }
}

import Parquet
import Testing

/// The unpacker takes short cuts where there is room for them; a plain one beside it must agree at every length and distance.
@Suite struct SnappyTests {
    /// Byte by byte, as the format's description has it; `nil` for what is damaged.
    private func plain(_ block: [UInt8]) -> [UInt8]? {
        var at = 0
        func number(_ count: Int) -> Int? {
            guard block.count - at >= count else { return nil }
            defer { at += count }
            return (0..<count).reduce(0) { $0 | Int(block[at + $1]) << (8 * $1) }
        }
        var claimed = 0
        var shift = 0
        while let byte = number(1) {
            claimed |= (byte & 127) << shift
            shift += 7
            if byte < 128 { break }
        }
        var output: [UInt8] = []
        while at < block.count {
            guard let tag = number(1) else { return nil }
            if tag & 3 == 0 {
                var length = tag >> 2
                if length >= 60 {
                    guard let long = number(length - 59) else { return nil }
                    length = long
                }
                guard block.count - at > length, output.count + length < claimed else { return nil }
                output += block[at...at + length]
                at += length + 1
                continue
            }
            let width = [0, 1, 2, 4][tag & 3]
            guard let low = number(width) else { return nil }
            let distance = width == 1 ? (tag >> 5) << 8 | low : low
            let length = width == 1 ? (tag >> 2 & 7) + 4 : tag >> 2 + 1
            guard distance > 0, distance <= output.count, output.count + length <= claimed else { return nil }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
        return output.count == claimed ? output : nil
    }

    /// A block of literals and copies of every kind.
    private func block(_ random: inout Draw, elements: Int) -> (bytes: [UInt8], count: Int) {
        var body: [UInt8] = []
        var count = 0
        func bytes(_ number: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        for _ in 0..<elements {
            if count == 0 || random.below(3) == 0 {
                let length =
                    [random.below(16), random.below(62), random.below(70), random.below(400)][random.below(4)] + 1
                body += length <= 60 ? bytes((length - 1) << 2, 1) : bytes(61 << 2, 1) + bytes(length - 1, 2)
                body += (0..<length).map { _ in UInt8(random.below(256)) }
                count += length
                continue
            }
            let near = min(count, [20, 2047, 60_000][random.below(3)])
            let distance = random.below(near) + 1
            let length = random.below(64) + 1
            if distance < 2048, (4...11).contains(length) {
                body += bytes((distance >> 8) << 5 | (length - 4) << 2 | 1, 1) + bytes(distance, 1)
            } else if distance < 1 << 16, random.below(8) > 0 {
                body += bytes((length - 1) << 2 | 2, 1) + bytes(distance, 2)
            } else {
                body += bytes((length - 1) << 2 | 3, 1) + bytes(distance, 4)
            }
            count += length
        }
        var head: [UInt8] = []
        var left = count
        while left >= 128 {
            head.append(UInt8(left & 127 | 128))
            left >>= 7
        }
        return (head + [UInt8(left)] + body, count)
    }

    private struct Draw {
        var state: UInt64
        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, limit)
        }
    }

    private func unpacked(_ block: [UInt8], limit: Int) -> [UInt8]? { try? Snappy.unpack(block, limit: limit) }

    @Test(arguments: [1, 2, 10, 200, 2000])
    func unpacksWhatThePlainOneDoes(elements: Int) throws {
        var random = Draw(state: UInt64(elements))
        for _ in 0..<50 {
            let (bytes, count) = block(&random, elements: elements)
            let expected = try #require(plain(bytes))
            #expect(expected.count == count)
            #expect(unpacked(bytes, limit: count) == expected)
            #expect(unpacked(bytes, limit: count - 1) == nil)
            #expect(unpacked(Array(bytes.dropLast()), limit: count) == nil)
        }
    }

    @Test func damageIsRefusedWhereThePlainOneRefusesIt() {
        var random = Draw(state: 9)
        var refused = 0
        for _ in 0..<3000 {
            let (sound, count) = block(&random, elements: 60)
            var bytes = sound
            bytes[random.below(bytes.count - 4) + 4] ^= UInt8(1 << random.below(8))
            let expected = plain(bytes)
            #expect(unpacked(bytes, limit: count) == expected)
            refused += expected == nil ? 1 : 0
        }
        #expect(refused > 100)
    }
}

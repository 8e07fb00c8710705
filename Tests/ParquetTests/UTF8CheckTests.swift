import Parquet
import Testing

/// Text is passed over in long steps; where a step ends nothing may be missed.
@Suite struct UTF8CheckTests {
    private func firstInvalid(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBytes { UTF8Check.firstInvalid($0) } }

    @Test func aCharacterIsFoundAtEveryPlace() {
        for length in [1, 15, 16, 17, 63, 64, 65, 80, 127, 128, 200] {
            let ascii = [UInt8](repeating: 97, count: length)
            #expect(firstInvalid(ascii) == nil)
            for place in 0..<length {
                var damaged = ascii
                damaged[place] = 0xff
                #expect(firstInvalid(damaged) == place)
                let text = ascii[..<place] + Array("–é𝄞".utf8) + ascii[place...]
                #expect(firstInvalid(Array(text)) == nil)
                #expect(firstInvalid(Array(text.prefix(place + 2))) == place)
            }
        }
    }

    @Test func agreesWithTheStandardLibrary() {
        var state: UInt64 = 3
        func draw(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let parts = [
            [97, 98, 99], Array("é".utf8), Array("€".utf8), Array("😀".utf8), [UInt8](repeating: 32, count: 70),
        ]
        for _ in 0..<20_000 {
            var bytes = (0..<draw(12)).flatMap { _ in parts[draw(parts.count)] }
            if !bytes.isEmpty, draw(2) == 0 { bytes[draw(bytes.count)] = UInt8(draw(256)) }
            #expect((firstInvalid(bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}

import Testing
import TrainingLogs

struct NumberTests {
    private func number(_ text: String) -> Double? {
        Array(text.utf8).withUnsafeBytes {
            var cursor = ByteCursor($0)
            return cursor.number()
        }
    }

    @Test(arguments: [
        "0", "1", "-1", "3.14159", "1e-3", "6.0000E-04", "123456789012345678", "0.47964790463447571", "1e22", "1e23",
        "-0.0", "9007199254740993", "2.2250738585072014e-308", "5e-324", "1e308", "1.7976931348623157e308", ".5", "5.",
    ])
    func readsWhatTheStandardLibraryReads(text: String) throws {
        let expected = try #require(Double(text) ?? Double("0" + text) ?? Double(text + "0"))
        #expect(number(text)?.bitPattern == expected.bitPattern)
    }

    @Test func readsEverySpellingOfNonFinite() {
        for text in ["nan", "-nan", "+nan", "NaN", "NAN"] { #expect(number(text)?.isNaN == true, "\(text)") }
        for text in ["inf", "+inf", "Infinity", "Inf"] { #expect(number(text) == .infinity, "\(text)") }
        for text in ["-inf", "-Infinity"] { #expect(number(text) == -.infinity, "\(text)") }
        for text in ["nano", "info", "infinite", "n", "", "-", "+", ".", "e5", "nan_1"] {
            #expect(number(text) == nil, "\(text)")
        }
    }

    @Test func hugeNumbersDoNotTrap() {
        let digits = String(repeating: "9", count: 400)
        #expect(number(digits) == .infinity)
        #expect(number("0." + String(repeating: "0", count: 400) + "1") == 0)
        #expect(number("1e" + digits) == .infinity)
        #expect(number("1e-" + digits) == 0)
        #expect(number("0." + String(repeating: "3", count: 400)) == 1.0 / 3)
        Array(digits.utf8).withUnsafeBytes {
            var cursor = ByteCursor($0)
            #expect(cursor.integer() == nil)
            #expect(cursor.groupedInteger() == nil)
        }
    }

    @Test func randomDoublesComeBackExactly() {
        var generator = SeededGenerator(state: 7)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(number("\(value)")?.bitPattern == value.bitPattern)
        }
        for _ in 0..<20_000 {
            let value = Double(generator.next() % 100_000_000) / 1_000_000
            #expect(number("\(value)") == value)
        }
    }

    @Test func groupedIntegers() {
        func grouped(_ text: String) -> Int? {
            Array(text.utf8).withUnsafeBytes {
                var cursor = ByteCursor($0)
                return cursor.groupedInteger()
            }
        }
        #expect(grouped("524,288") == 524_288)
        #expect(grouped("1,234,567 x") == 1_234_567)
        #expect(grouped("5,28") == 5)
        #expect(grouped("512") == 512)
    }
}

/// Reads time spans as people write them.
public enum ShardAge {
    /// The seconds of `90s`, `45m`, `12h`, `7d` or `2w`; a bare number must be 0. `nil` for anything else.
    public static func seconds(_ text: String) -> Int? {
        if text == "0" { return 0 }
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = text.last, let unit = units[last], let number = Int(text.dropLast()), number >= 0 else {
            return nil
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : seconds
    }
}

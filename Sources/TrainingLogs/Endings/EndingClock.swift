/// The time that stands at the head of a line, only to say which of two lines came first.
enum EndingClock {
    /// Seconds since the beginning of a year of months with 31 days; `nil` where no date and time stand within the first
    /// bytes of a line.
    static func time(in line: ByteCursor) -> Double? {
        let head = line.slice(0..<min(line.bytes.count, 160))
        for start in 0..<max(0, head.bytes.count - 12) where start == 0 || !head.bytes[start - 1].isDigit {
            var probe = head
            probe.position = start
            if let time = dated(&probe) { return time }
        }
        return nil
    }

    /// A day and a time at the position: ISO, glog's `E0321 02:07:08.4`, the kernel's `Feb 14 05:03:41`.
    private static func dated(_ probe: inout ByteCursor) -> Double? {
        var iso = probe
        if let year = digits(4, &iso), year > 1990, iso.take("-"), let month = digits(2, &iso), iso.take("-"),
            let day = digits(2, &iso), iso.take("T") || iso.take(" ") || iso.take("_"), let time = clock(&iso)
        {
            return seconds(month, day, time)
        }
        if [0x45, 0x57, 0x49, 0x46].contains(probe.current) {
            var glog = probe
            glog.position += 1
            if let month = digits(2, &glog) ?? digits(1, &glog), let day = digits(2, &glog), glog.take(" "),
                let time = clock(&glog)
            {
                return seconds(month, day, time)
            }
            // A month below ten has one digit in PyTorch's form.
            glog.position = probe.position + 1
            if let month = digits(1, &glog), let day = digits(2, &glog), glog.take(" "), let time = clock(&glog) {
                return seconds(month, day, time)
            }
        }
        var kernel = probe
        guard let month = month(&kernel) else { return nil }
        kernel.skipSpaces()
        guard let day = digits(2, &kernel) ?? digits(1, &kernel), kernel.take(" "), let time = clock(&kernel) else {
            return nil
        }
        return seconds(month, day, time)
    }

    private static func seconds(_ month: Int, _ day: Int, _ time: Double) -> Double? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        return Double((month * 31 + day) * 86_400) + time
    }

    /// `02:07:08`, with a fraction behind a point or a comma.
    private static func clock(_ probe: inout ByteCursor) -> Double? {
        guard let hours = digits(2, &probe), probe.take(":"), let minutes = digits(2, &probe), probe.take(":"),
            let seconds = digits(2, &probe)
        else { return nil }
        var time = Double(hours * 3600 + minutes * 60 + seconds)
        if probe.take(".") || probe.take(",") {
            var unit = 0.1
            while probe.current.isDigit, unit > 1e-10 {
                time += unit * Double(probe.current - 0x30)
                unit /= 10
                probe.position += 1
            }
        }
        return time
    }

    private static func digits(_ count: Int, _ probe: inout ByteCursor) -> Int? {
        var value = 0
        for offset in 0..<count {
            guard probe.peek(offset).isDigit else { return nil }
            value = value * 10 + Int(probe.peek(offset) - 0x30)
        }
        probe.position += count
        return value
    }

    /// The number of the month whose English short name stands at the position.
    static func month(_ probe: inout ByteCursor) -> Int? {
        let names: [StaticString] = [
            "Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec ",
        ]
        for (index, name) in names.enumerated() where probe.take(name) { return index + 1 }
        return nil
    }
}

/// One test suite of a JUnit file.
struct JUnitSuite: Sendable {
    struct Counts: Sendable {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        static func + (left: Counts, right: Counts) -> Counts {
            Counts(
                tests: left.tests + right.tests,
                failures: left.failures + right.failures,
                errors: left.errors + right.errors,
                skipped: left.skipped + right.skipped
            )
        }
    }

    let name: String
    let cases: [JUnitCase]
    /// Jenkins' schema allows them to a suite and not to a case.
    let properties: [(name: String, value: String)]

    /// Takes cases. Readers drop a second case of the same class and name, so that it gets a number.
    init(_ name: String, _ cases: [JUnitCase], properties: [(name: String, value: String)] = []) {
        var taken: Set<[String]> = []
        var repeats: [[String]: Int] = [:]
        self.name = name
        self.properties = properties
        self.cases = cases.map { test in
            var test = test
            let first = [test.classname, test.name]
            while !taken.insert([test.classname, test.name]).inserted {
                repeats[first, default: 1] += 1
                test.name = "\(first[1]) (\(repeats[first, default: 1]))"
            }
            return test
        }
    }

    var counts: Counts {
        cases.reduce(into: Counts()) { counts, test in
            counts.tests += 1
            switch test.outcome {
            case .passed: break
            case .failed: counts.failures += 1
            case .error: counts.errors += 1
            case .skipped: counts.skipped += 1
            }
        }
    }

    /// About how many bytes the suite takes in a file.
    var size: Int { cases.reduce(200) { $0 + $1.size } }

    var markup: Markup {
        let counts = counts
        let listed = properties.map {
            Markup("property", ["name": $0.name, "value": SafeText.line($0.value, limit: 1000)])
        }
        return Markup(
            "testsuite",
            [
                "name": name, "tests": "\(counts.tests)", "failures": "\(counts.failures)",
                "errors": "\(counts.errors)", "skipped": "\(counts.skipped)", "time": "0.000",
            ],
            children: (listed.isEmpty ? [] : [Markup("properties", children: listed)]) + cases.map(\.markup)
        )
    }
}

/// A run's own configuration while it is read: of each setting the value under the best name, the last one given.
package struct RunConfiguration {
    /// The file that values are read from, for their source.
    package var file: String
    private var found: [RecordedSetting.Key: (rank: Int, setting: RecordedSetting)] = [:]
    /// The share of the run that warms up, where that is given.
    private var warmupShare: (value: Double, name: String)?

    /// Creates a configuration of which nothing is known.
    package init(file: String) { self.file = file }

    /// Takes a value.
    /// - Parameters:
    ///   - path: Its name, with the names of what it stands in.
    ///   - text: The value, without quotes.
    package mutating func set(_ path: [String], _ text: String) {
        if path.last == "warmup_ratio", let share = Double(text), share > 0, share < 1 {
            warmupShare = (share, path.joined(separator: "."))
        }
        // What stands deeper is the last to be believed.
        guard let name = path.last, !Self.isOther(path), let meaning = SettingNames.meaning(of: name),
            let value = RecordedSetting.value(text, name: name, of: meaning.setting)
        else { return }
        let rank = meaning.rank + 100 * (path.count - 1)
        if let known = found[meaning.setting], known.rank < rank { return }
        let place = path.joined(separator: ".")
        found[meaning.setting] = (rank, RecordedSetting(key: meaning.setting, value: value, name: place, file: file))
    }

    /// Whether a name is of something else than the training: the validation's batch, the teacher's vocabulary.
    private static func isOther(_ path: [String]) -> Bool {
        path.dropLast().contains { part in
            ["eval", "val", "valid", "test", "generation", "teacher", "draft", "_wandb"].contains { part.hasPrefix($0) }
        }
    }

    /// The settings, in the order of their keys.
    package var settings: [RecordedSetting] {
        RecordedSetting.Key.allCases.compactMap { key in
            // The Hugging Face Trainer takes the share where the number of steps is 0.
            if key == .warmupSteps, let share = sharedWarmup { return share }
            return found[key]?.setting
        }
    }

    /// The steps that warm up where a share of the run is given, and no number of them.
    private var sharedWarmup: RecordedSetting? {
        guard let warmupShare, let steps = found[.steps]?.setting.integer,
            found[.warmupSteps]?.setting.integer ?? 0 == 0
        else { return nil }
        let warmup = (warmupShare.value * Double(steps)).rounded(.up)
        return RecordedSetting(key: .warmupSteps, value: .number(warmup), name: warmupShare.name, file: file)
    }
}

extension RunConfiguration {
    /// Takes all scalars of a JSON value: an object's members under their names, what stands in arrays not at all.
    package mutating func add(json: UnsafeRawBufferPointer, under path: [String] = []) {
        var scanner = MappingScanner(ByteCursor(json))
        scanner.forEachScalar { names, scalar in
            guard scalar.count < 256 else { return }
            let names = names.map { String(decoding: json[$0].prefix(128), as: UTF8.self) }
            let text = String(decoding: json[scalar], as: UTF8.self)
            if !path.isEmpty || !names.isEmpty { set(path + names, text) }
        }
    }

    /// Takes all scalars of a YAML document in block style, as trackers write it: `key: value`, nested by indentation. The level
    /// `value:`, with which W&B wraps each setting, is no part of a name. Flow collections, lists and aliases are passed over.
    package mutating func add(yaml: UnsafeRawBufferPointer) {
        var parents: [(indentation: Int, name: String)] = []
        Lines.forEach(in: yaml) { line, _ in
            let indentation = line.bytes.prefix { $0 == 0x20 }.count
            guard line.bytes.count < 4096, indentation < line.bytes.count else { return true }
            let text = String(decoding: line.bytes[indentation...], as: UTF8.self)
            guard text.first != "#", text.first != "-", let colon = text.firstIndex(of: ":") else { return true }
            let name = text[..<colon].filter { $0 != "'" && $0 != "\"" }
            while let last = parents.last, last.indentation >= indentation { parents.removeLast() }
            guard parents.count < MappingScanner.deepest else { return true }
            let value = text[text.index(after: colon)...].trimmingPrefix { $0 == " " }.prefix { !$0.isNewline }
            if value.isEmpty {
                parents.append((indentation, String(name)))
            } else {
                let path = (parents.map(\.name) + [String(name)]).enumerated()
                    .filter { $0.offset == 0 || $0.element != "value" }.map(\.element)
                set(path, value.filter { $0 != "'" && $0 != "\"" })
            }
            return true
        }
    }
}

extension ModelArchitecture {
    /// Every family that can be run.
    public static let all: [ModelArchitecture] =
        [.gpt2, .llama, .llamaMeta, .litgpt, .nanochat] + HuggingFaceFamilies.all

    /// What the families are called, as in "GPT-2, Llama or nanochat".
    static var titles: String {
        let titles = all.map(\.title)
        return titles.dropLast().joined(separator: ", ") + " or " + (titles.last ?? "")
    }

    /// The family with an id.
    public static func named(_ id: String) -> ModelArchitecture? { all.first { $0.id == id } }

    /// The family that a file's tensors are of, wrappers' prefixes taken off. Throws `ReplayError.unsupportedFormat` for an
    /// optimizer's tensors.
    static func recognise(_ names: some Collection<String>, path: String) throws(ReplayError) -> ModelArchitecture {
        if let found = all.first(where: { $0.isShown(by: names) }) { return found }
        guard !names.contains(where: { $0.hasPrefix("exp_avg") }) else {
            throw .unsupportedFormat(path: path, format: "an optimizer state", remedy: "give the model's file")
        }
        // Without a sign the file is read as a GPT-2: the error then names the first tensor that is missing.
        return .gpt2
    }

    /// Whether one of the names is a sign of the family.
    package func isShown(by names: some Collection<String>) -> Bool {
        names.contains { name in signs.contains { $0.matches(name) } }
    }
}

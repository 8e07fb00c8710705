/// A value of `order.loader`: what its trainer does with the data, and how its loader is made.
///
/// The rule of a loader stands in `Loaders`, with the loader's arithmetic, and in ``all``.
package struct LoaderRule: Sendable {
    /// What a resumed process of the trainer reads.
    package enum Resume: Sendable {
        /// It goes on where the last process stopped.
        case goesOn
        /// It starts over with the first data.
        case startsOver
        /// The loader itself maps each process of the run.
        case mapped
    }

    /// Whether the trainer can feed its first batch again and again, to see a model learn it by heart.
    package enum FirstBatch: Sendable {
        case onlyOnce, repeatedOnRequest, repeatedByDefault
    }

    /// The value of `order.loader`.
    package let id: String
    /// In which order the loader reads the data, in a few words, as in the guide's table.
    package let summary: String
    /// The ids of the log formats whose trainers read their data with this loader and no other.
    package let formats: [String]
    /// The values of `order.variant`.
    package let variants: [String]
    /// Whether the batch size may grow (`order.ramp`).
    package let takesRamp: Bool
    /// What a resumed process reads.
    package let resume: Resume
    /// What the trainer can do with its first batch.
    package let firstBatch: FirstBatch
    /// Makes the loader.
    package let make: @Sendable (inout LoaderInputs) throws(DataOrderError) -> any Loader

    init(
        id: String,
        summary: String,
        formats: [String] = [],
        variants: [String] = [],
        takesRamp: Bool = false,
        resume: Resume = .goesOn,
        firstBatch: FirstBatch = .onlyOnce,
        make: @escaping @Sendable (inout LoaderInputs) throws(DataOrderError) -> any Loader
    ) {
        self.id = id
        self.summary = summary
        self.formats = formats
        self.variants = variants
        self.takesRamp = takesRamp
        self.resume = resume
        self.firstBatch = firstBatch
        self.make = make
    }
}

extension LoaderRule {
    /// The loaders of this version.
    package static let all: [LoaderRule] = [
        contiguous, llmc, llmcShuffled, llmcPython, buildNanoGPT, moddedNanoGPT, nanoGPT, nanochat, megatron, mosaic,
        litData, olmo,
    ]

    /// The rule of an id.
    /// - Throws: ``DataOrderError/invalid(key:found:expected:)`` with all ids for an id that no rule has.
    package static func named(_ id: String) throws(DataOrderError) -> LoaderRule {
        guard let rule = all.first(where: { $0.id == id }) else {
            throw .invalid(
                key: "order.loader",
                found: id,
                expected: "one of \(all.map(\.id).joined(separator: ", "))"
            )
        }
        return rule
    }
}

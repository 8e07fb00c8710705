import ArgumentParser

/// The half of the benchmarks that needs the stages as a library; the scripts beside it set it against the peers.
@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measures TrainAudit's stages; Benchmarks/README.md says how to run and read it.",
        subcommands: [Gradients.self, Forward.self, Read.self, Diagnose.self, Lookups.self, Tokenize.self]
    )
}

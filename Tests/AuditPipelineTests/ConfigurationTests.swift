import AuditPipeline
import DataOrder
import Diagnosis
import Foundation
import Shards
import Testing

private func parse(_ text: String) throws(ConfigurationError) -> AuditConfiguration {
    try ConfigurationReader.parse(text: text, path: "audit.yaml", base: "/runs/a")
}

@Suite struct ConfigurationTests {
    @Test func readsEveryKeyOfTheDesign() throws {
        let configuration = try parse(
            """
            run: pretrain-d12
            logs: [train.log]
            shards:
              manifest: shards.lock.json
              directory: data
              source: https://example.org/shards/
            order:
              loader: contiguous
              batch: 8
              sequence: 1024
              accumulation: 1
              worldSize: 1
            model:
              checkpoints: checkpoints
              architecture: gpt2
              heads: 12
              vocabulary: 50257
              activation: gelu-tanh
            training:
              steps: 19073
              precision: bf16
              optimizer: AdamW
              gradientClip: 1.0
              weightDecay: 0.1
              schedule: warmup-cosine
              peakLearningRate: 6.0e-4
              floorLearningRate: 6.0e-5
              warmupSteps: 715
            report:
              directory: Reports
              guide: https://example.org/guide
            """
        )
        #expect(configuration.logs == ["train.log"])
        #expect(configuration.resolve("train.log") == "/runs/a/train.log")
        #expect(configuration.order.sequence == 1024)
        #expect(configuration.model.heads == 12)
        #expect(configuration.training.precision == .bf16)
        #expect(configuration.training.optimizer == "adamw")
        #expect(configuration.training.peakLearningRate == 6e-4)
        #expect(configuration.training.vocabulary == 50257)
        #expect(configuration.report.guide == "https://example.org/guide")
    }

    @Test func nullCountsAsAbsent() throws {
        let configuration = try parse("run: a\nlogs: [x]\norder:\n  loader: null\n  batch:\n")
        #expect(configuration.order.loader == nil)
        #expect(configuration.order.batch == nil)
    }

    /// Each error names the line and the key, and says what is allowed.
    @Test(arguments: [
        ("run: a\nlogs: [x]\nordre:\n  batch: 1\n", 3, "ordre", "order"),
        ("run: a\nlogs: [x]\norder:\n  bach: 1\n", 4, "order.bach", "batch"),
        ("run: a\nlogs: [x]\norder:\n  batch: eight\n", 4, "order.batch", "whole number"),
        ("run: a\nlogs: [x]\norder:\n  batch: 0\n", 4, "order.batch", "from 1"),
        ("run: a\nlogs: [x]\norder:\n  loader: contigous\n", 4, "order.loader", "contiguous"),
        ("run: a\nlogs: [x]\norder: 3\n", 3, "order", "mapping"),
        ("run: a\nlogs: {x: y}\n", 2, "logs", "list"),
        ("run: a\nlogs: [x]\ntraining:\n  gradientClip: -1\n", 4, "training.gradientClip", "at least 0"),
        ("run: a\nlogs: [x]\ntraining:\n  gradientClip: .nan\n", 4, "training.gradientClip", "at least 0"),
        ("run: a\nlogs: [x]\nreport:\n  guide: javascript:alert(1)\n", 4, "report.guide", "https://"),
        ("run: ../evil\nlogs: [x]\n", 1, "run", "without /"),
    ])
    func errorsNameLineAndKey(text: String, line: Int, key: String, expected: String) {
        #expect { try parse(text) } throws: { error in
            guard let error = error as? ConfigurationError else { return false }
            return error.line == line && error.key == key && error.expected.contains(expected)
        }
    }

    @Test(arguments: [
        "", "run: a", "logs: [x]", "run: [", "- a\n- b", "run: a\nrun: b\nlogs: [x]", "\u{0}\u{1}", "&a *a",
    ])
    func nonsenseIsOneClearError(text: String) {
        #expect(throws: ConfigurationError.self) { try parse(text) }
    }
}

@Suite struct ExampleTests {
    /// What a person copies must parse.
    @Test(arguments: ["llm.c.yaml", "nanochat.yaml"]) func examplesAreValid(name: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let configuration = try ConfigurationReader.read(path: root.appendingPathComponent("Examples/" + name).path)
        #expect(!configuration.logs.isEmpty)
        #expect(configuration.order.loader != nil)
    }

    @Test func aTildeIsTheHomeFolder() throws {
        let configuration = try parse("run: a\nshards:\n  directory: ~/data\n")
        let home = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
        #expect(configuration.resolve("~/data") == home + "/data")
    }
}

@Suite struct ShardLoaderTests {
    /// A format may name only loaders that a configuration accepts.
    @Test func everyShardFormatNamesLoadersThatExist() {
        for format in ShardFormats.all {
            for loader in format.loaders {
                let isKnown = (try? parse("run: a\nlogs: [x]\norder:\n  loader: \(loader)\n")) != nil
                #expect(
                    isKnown,
                    "The shard format \(format.title) names the loader \(loader), which `order.loader` does not have."
                )
            }
        }
    }
}

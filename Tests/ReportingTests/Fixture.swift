import Diagnosis
import Foundation
import Reporting
import Terms
import TrainingLogs

/// Hand-made audits: the same values on every machine.
enum Fixture {
    static let shardNames = (1...6).map { "fineweb_train_00000\($0).bin" }
    /// A published guide, and a run of which everything can be checked.
    static let voice = Voice(
        guide: "https://example.org/guide",
        commands: RunCommands(
            configuration: "audit.yaml",
            manifest: "shards.lock.json",
            source: "https://example.org/data",
            folder: "data",
            logs: ["train.log"]
        )
    )

    /// 400 steps of a run that learns; with a spike at steps 241 to 252 unless `isHealthy`.
    static func history(isHealthy: Bool = false) -> TrainingHistory {
        var history = TrainingHistory(
            format: "llm.c-python",
            formatReason: "lines such as `step 1/400 | train loss`",
            stepBase: 1,
            lossScope: .step
        )
        var state: UInt64 = 42
        func noise() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24) - 0.5
        }
        func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
        for step in 1...400 {
            let time = Double(step)
            var loss = 4.1 + 2.1 * exp(-time / 45) + 0.45 * noise()
            var norm = 1.0 + 0.9 * exp(-time / 10) + 0.25 * noise()
            if !isHealthy, (241...252).contains(step) {
                loss += 5.2 * exp(-(time - 242) * (time - 242) / 40)
                norm += 5.5 * exp(-(time - 241) * (time - 241) / 60)
            }
            let cosine = 0.5 * (1 + cos(.pi * (time - 30) / 370))
            let rate = step <= 30 ? 6e-4 * time / 30 : 6e-5 + 5.4e-4 * cosine
            history.train.append(step: step, value: rounded(loss))
            history.gradientNorm.append(step: step, value: rounded(norm))
            history.learningRate.append(step: step, value: (rate * 1e7).rounded() / 1e7)
            if step % 50 == 0 {
                history.validation.append(step: step, value: rounded(4.05 + 2.1 * exp(-time / 45)))
            }
        }
        history.segments = [Segment(steps: 1...400, records: 0..<400)]
        return history
    }

    static func historyReport(_ history: TrainingHistory) -> HistoryReport {
        HistoryReport(
            format: history.format,
            formatReason: history.formatReason,
            trainPoints: history.train.count,
            validationPoints: history.validation.count,
            firstStep: history.train.steps.first,
            lastStep: history.train.steps.last,
            firstLoss: history.train.values.first.map { JSONNumber($0) },
            lastLoss: history.train.values.last.map { JSONNumber($0) },
            minimumLoss: history.train.minimum.map { JSONNumber($0) },
            nonFinitePoints: history.train.nonFiniteCount,
            segments: history.segments.count,
            lossScope: history.lossScope.rawValue
        )
    }

    static let boundaries = shardNames.enumerated().map { index, name in
        ShardBoundary(step: 1 + index * 72, shard: name)
    }

    /// A run in which a damaged shard caused a spike.
    static func anomalous() -> AuditReport {
        var report = AuditReport(
            run: "pretrain-d12",
            verdict: .anomalous,
            headline: Headline([
                .seen(spike.symptoms[0].summary), .fedBy(damage),
                .replayed(
                    Headline.Replay(
                        checkpoint: replay.checkpoint,
                        loss: 9.2841,
                        repairedLoss: 4.1102,
                        controlMean: 4.05,
                        controlDeviation: 0.12
                    )
                ),
                .cause(.corruptShard, 0.93),
            ]),
            voice: voice,
            history: historyReport(history()),
            shards: shards(),
            findings: [spike, norm],
            replays: [replay],
            assumptions: ["the batch size 8 × 64 is taken from the log's `total desired batch size: 512`"],
            notChecked: [
                Omission(
                    .pristineCopy,
                    subject: shardNames[5],
                    "No pristine copy of \(quoted: shardNames[5]) is known."
                ),
                Omission(.weights, "The moments of the optimizer were not checked: the checkpoint holds none."),
            ],
            reproduce: [.verify, .diagnose, .plot, .trace(step: 242), .replay(step: 242), .audit],
            shardBoundaries: boundaries,
            gradientClip: 1
        )
        report.files = ReportFiles.names
        return report
    }

    private static let damage = ShardDamage(
        shard: shardNames[3],
        status: .mismatch,
        level: .digest,
        detail: "SHA-256 differs in 2 of 24 pieces",
        bytes: [100_663_296..<117_440_512],
        overlappingSteps: 12,
        suspectSteps: 12,
        mapping: .exact
    )

    /// A run in which nothing was found.
    static func healthy() -> AuditReport {
        var report = AuditReport(
            run: "pretrain-d12",
            verdict: .healthy,
            headline: Headline([.sound(records: 400, shards: 6)]),
            voice: voice,
            history: historyReport(history(isHealthy: true)),
            shards: shardNames.map { name in
                ShardReport(name: name, status: .verified, level: .digest, bytes: 200_001_024, tokens: 100_000_000)
            },
            shardBoundaries: boundaries
        )
        report.files = ReportFiles.names
        return report
    }

    static func diagnosis() -> DiagnosisReport {
        DiagnosisReport(
            verdict: .anomalous,
            history: historyReport(history()),
            findings: [spike],
            voice: Voice(guide: voice.guide, commands: RunCommands(logs: ["train.log"])),
            notes: ["the log prints no loss scale"]
        )
    }

    static func shards() -> [ShardReport] {
        var shards = shardNames.map { name in
            ShardReport(
                name: name,
                status: .verified,
                level: .digest,
                expected: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                actual: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                bytes: 200_001_024,
                tokens: 100_000_000
            )
        }
        shards[3].status = .mismatch
        shards[3].actual = "74f7f0af08fbf5f6856aad95e1c4a8e7d1792512d28dbfd939c3df52a5d4da1b"
        shards[3].damagedRanges = damage.bytes
        shards[3].detail = damage.detail
        shards[5].status = .unproved
        shards[5].level = .structure
        shards[5].expected = nil
        shards[5].detail = "the lock file holds no digest"
        return shards
    }

    static let spike = Finding(
        .event(.lossSpike, step: 241),
        title: "Loss spike at \(steps: 241...252), up to \(loss: 9.15)",
        severity: .failure,
        steps: 241...252,
        symptoms: [
            Symptom(
                kind: .lossSpike,
                firstStep: 241,
                lastStep: 252,
                severity: .failure,
                summary: """
                    The training loss is \(loss: 9.15) at step \(242) and was \(loss: 4.12) before: \(ratio: 14.2) robust \
                    sigma above it.
                    """,
                measurements: Measurements().with(LossSpikeRule.baseline, 4.12).with(LossSpikeRule.peakLoss, 9.15)
                    .with(LossSpikeRule.peakStep, 242).with(LossSpikeRule.zScore, 14.2)
                    .with(LossSpikeRule.scattered, false).with(LossSpikeRule.recovered, true)
            ),
            Symptom(
                kind: .gradientExplosion,
                firstStep: 241,
                lastStep: 250,
                severity: .warning,
                summary: "The gradient norm reaches \(ratio: 6.5), against \(ratio: 1) before.",
                measurements: Measurements().with(GradientExplosionRule.norm, 6.5)
                    .with(GradientExplosionRule.ratio, .infinity)
            ),
        ],
        spans: (241...252).map { step in
            TracedSpan(
                step: step,
                span: DataSpan(
                    shard: 3,
                    name: shardNames[3],
                    rank: 0,
                    microStep: 0,
                    tokens: 52_428_800 + (step - 241) * 524_288..<52_428_800 + (step - 240) * 524_288,
                    bytes: 104_858_624 + (step - 241) * 1_048_576..<104_858_624 + (step - 240) * 1_048_576,
                    confidence: .exact
                )
            )
        },
        hypotheses: [
            Hypothesis(
                cause: .corruptShard,
                confidence: 0.93,
                symptoms: [.lossSpike, .gradientExplosion],
                clues: [
                    WeighedClue(
                        clue: "damage-fed-it",
                        weight: 4,
                        statement: """
                            \(quoted: shardNames[3]) fails its digest check, and all of the \(count: 12, "suspect step") \
                            read its damaged bytes.
                            """
                    ),
                    WeighedClue(
                        clue: "replay",
                        weight: 3,
                        statement:
                            "Replayed with these bytes the loss is \(loss: 9.28), with pristine ones \(loss: 4.11)."
                    ),
                    WeighedClue(clue: "spike", weight: 0.5, statement: "The loss jumps.", symptom: .lossSpike),
                    WeighedClue(
                        clue: "resume",
                        weight: -0.5,
                        statement: "The mapping assumes that the run was never resumed."
                    ),
                ],
                nextTest: "\(.replay(step: 242, precision: "bf16"))",
                fix: Advice(
                    "Replace the damaged pieces with \(.repair), then resume from \(quoted: replay.checkpoint).",
                    kind: .repair
                ),
                logConfidence: 0.22
            ),
            Hypothesis(
                cause: .outlierBatch,
                confidence: 0.04,
                symptoms: [.lossSpike],
                clues: [
                    WeighedClue(clue: "one-batch", weight: 0.5, statement: "One batch explains the peak."),
                    WeighedClue(clue: "long", weight: -2, statement: "\(count: 12, "step") in a row are high."),
                ],
                nextTest: "\(.read(step: 242))",
                fix: "Skip the batch."
            ),
            Hypothesis(
                cause: .learningRateHigh,
                confidence: 0.008,
                symptoms: [.lossSpike],
                clues: [
                    WeighedClue(
                        clue: "rate-falls",
                        weight: -3,
                        statement: "The learning rate falls smoothly through these steps."
                    )
                ]
            ),
        ],
        isCauseClear: true
    )

    static let norm = Finding(
        .event(.gradientAtClip, step: 300),
        title: "Gradient norm at the clipping threshold, \(steps: 300...340)",
        severity: .warning,
        steps: 300...340,
        symptoms: [
            Symptom(
                kind: .gradientAtClip,
                firstStep: 300,
                lastStep: 340,
                severity: .warning,
                summary: "\(share: 0.61) of the gradient norms are above \(setting: 1).",
                measurements: Measurements().with(GradientAtClipRule.share, 0.61)
            )
        ]
    )

    /// Two settings disagree: a finding without a curve and without a cause.
    static let disagreement = Finding(
        .setting(key: "order.batch"),
        title: "The log and the configuration disagree about the batch",
        severity: .warning,
        story: ["The log prints \(8) sequences, and \(quoted: "order.batch") is \(16)."],
        advice: ["Set \(quoted: "order.batch") to what the trainer used."]
    )

    static let replay = ReplayReport(
        step: 242,
        checkpointStep: 240,
        checkpoint: "step_000240.safetensors",
        precision: "fp32",
        loss: JSONNumber(9.2841),
        loggedLoss: JSONNumber(9.15),
        repairedLoss: JSONNumber(4.1102),
        controls: ControlsReport(
            mean: JSONNumber(4.05),
            deviation: JSONNumber(0.12),
            count: 8,
            steps: [233, 234, 235, 236, 237, 238, 239, 240]
        ),
        zScore: JSONNumber(43.6),
        gradientNorm: JSONNumber(6.41),
        layers: (0..<2).flatMap { layer in
            ["ln_1", "attn", "ln_2", "mlp"].enumerated().map { index, operation in
                ProbeReport(
                    name: "h.\(layer).\(operation)",
                    mean: JSONNumber(0.0125 * Double(index + 1)),
                    deviation: JSONNumber(0.98 + 0.01 * Double(layer)),
                    absoluteMaximum: JSONNumber(4.25 + Double(index)),
                    nonFinite: 0
                )
            }
        },
        rows: (0..<8).map { row in
            RowReport(
                row: row,
                loss: JSONNumber(9.1 + 0.05 * Double(row)),
                shard: shardNames[3],
                tokens: [52_428_800 + row * 1024, 52_428_800 + (row + 1) * 1024]
            )
        },
        conclusion: "The bytes that were read make the loss high; with repaired bytes the step is ordinary."
    )

    /// Text that tries to break out of every format.
    static let hostile =
        "<script>alert(1)</script> ]]> & \"'\u{301} <\u{301}b> \u{1B}[31mred\u{1B}[0m \u{202E}rtl\u{202C} \u{9B}2J "
        + "::error::gone\r\n::set-output name=x::y\u{0} **bold** [link](javascript:alert(1)) `code` | cell @everyone "
        + "{{run}} {{{style}}} https://evil.example/ www.evil.example </style><!-- ${{ secrets }} \u{FFFE}"

    /// The anomalous audit compared with one that saw another spike.
    static func compared() -> AuditReport {
        var report = anomalous()
        let previous = PreviousReport(
            run: report.run,
            findings: [
                .init(id: "gradient-at-clip-290", title: "at clip", severity: "warning", firstStep: 290, lastStep: 330),
                .init(id: "loss-spike-100", title: "loss spike at step 100", severity: "failure", firstStep: 100),
            ],
            shards: [.init(name: shardNames[1], status: "missing"), .init(name: shardNames[3], status: "verified")]
        )
        report.comparison = AuditComparison.compare(report, with: previous)
        return report
    }

    /// An audit with every field of every report set, each at one place at least.
    static func everyField() -> AuditReport {
        var report = compared()
        report.mixture = MixtureFixture.sources
        report.history?.stepBase = 1
        report.history?.segmentSteps = [[1, 400]]
        report.history?.points = ["train_loss": 400, "validation_loss": 8]
        report.history?.hyperparameters = ["batch": 8, "sequence": 64]
        let ending = LogEnding(
            rule: "io-error",
            kind: .storage,
            rank: 3,
            node: "node-12",
            path: "data/train_000042.bin",
            exitStatus: 1
        )
        report.history?.events = [
            LogEventReport(
                LogEvent(kind: .traceback, step: 400, line: 412, text: "OSError: [Errno 5] …", ending: ending)
            )
        ]
        report.history?.notes = ["the packed data end early"]
        report.shards[3].defects = [
            DefectReport(
                kind: "zero-run",
                severity: .warning,
                bytes: 100_663_296..<100_667_392,
                tokens: 50_331_136..<50_333_184,
                detail: "2,048 times token 0"
            )
        ]
        report.shards[3].provedOn = "2026-03-01"
        report.shards[5].level = .decode
        let acceptance = Acceptance(reason: "known", until: "2026-12-31", entry: "loss-spike-240")
        report.shards[3].acceptance = acceptance
        report.findings[0].acceptance = acceptance
        report.findings[0].story = ["At step \(241) the loss rises."]
        report.findings[0].missing = [.everyLoss(interval: 10)]
        report.findings[0].replayOmission = .information
        report.findings[0].hypotheses[0].clues.append(
            WeighedClue(clue: "explosion", weight: -1, statement: "The norm rises.", symptom: .gradientExplosion)
        )
        report.findings[0].shards = ["shard_00000.parquet", "shard_00001.parquet"]
        report.findings[0].spans[0] = TracedSpan(
            step: 241,
            span: DataSpan(
                shard: 0,
                name: "shard_00000.parquet",
                rank: 1,
                microStep: 2,
                tokens: 17..<18,
                bytes: 4..<262_148,
                confidence: .interval,
                reason: "the log does not print where the loader stood",
                unit: .documents,
                documentTokens: 0..<65
            )
        )
        report.findings[1].run = Finding.Run(number: 2, line: 900)
        report.findings.append(disagreement)
        report.baseline = [
            BaselineOutcome(
                finding: "loss-spike-240",
                until: "2026-12-31",
                reason: "known",
                state: .accepts,
                matches: ["loss-spike-241"]
            ),
            BaselineOutcome(shard: "absent.bin", until: "2026-12-31", reason: "gone", state: .unused),
        ]
        report.checkpoints = [
            CheckpointReport(
                name: "model_00000240.bin",
                step: 240,
                weightNorms: ["embedding": JSONNumber(15.8), "mlp": JSONNumber(.infinity)],
                zeroShare: [JSONNumber(0.25)],
                attentionPeak: [JSONNumber(0.5)],
                largestActivation: JSONNumber(812),
                largestOperation: "h.1.mlp-out",
                layerGradients: [JSONNumber(0.01), JSONNumber(1)]
            )
        ]
        report.shardBoundaries[5].epoch = 2
        report.replays[0].finding = "loss-spike-241"
        report.replays[0].firstNonFinite = nonFinite
        report.replays[0].experiments = everyExperiment()
        return report
    }

    private static var nonFinite: NonFiniteReport {
        var place = NonFiniteReport(layer: 1, operation: "mlp-in", row: 0, position: 3, producer: true)
        place.token = 50_256
        return place
    }

    private static func everyExperiment() -> ExperimentsReport {
        var experiments = ExperimentsReport()
        experiments.emulations = [
            .init(
                precision: "fp16",
                loss: JSONNumber(.nan),
                gradientNorm: JSONNumber(.infinity),
                firstNonFinite: nonFinite,
                pass: "forward",
                headroom: JSONNumber(1),
                tightest: "h.1.mlp-in"
            )
        ]
        experiments.otherCheckpoint = .init(
            checkpoint: "model_00000200.bin",
            loss: JSONNumber(9.5),
            controlMean: JSONNumber(4.2),
            zScore: JSONNumber(42)
        )
        experiments.concentration = [
            .init(row: 3, share: JSONNumber(0.97), positions: [10, 20], loss: JSONNumber(14))
        ]
        experiments.weights = [
            .init(name: "exp_avg_sq of wpe.weight", problem: "negative-moment", detail: "1 of 4 is below zero")
        ]
        experiments.optimizer = .init(file: "state_00000240.bin", updates: 240, failure: "not checked: a part of it")
        experiments.attentionEntropy = [[JSONNumber(1.5), JSONNumber(2)]]
        experiments.deadUnits = [JSONNumber(0.25)]
        experiments.firstNonFiniteGradient = nonFinite
        experiments.gradients = [
            ProbeReport(
                name: "h.1.mlp-out",
                mean: JSONNumber(0),
                deviation: JSONNumber(0.01),
                absoluteMaximum: JSONNumber(0.5),
                nonFinite: 1
            )
        ]
        experiments.rowGradientNorms = [JSONNumber(6), JSONNumber(7)]
        experiments.gradientNoiseScale = JSONNumber(12)
        experiments.parameterGradientNorms = [.init(name: "wpe.weight", value: JSONNumber(0.5))]
        experiments.largestUpdate = .init(name: "wpe.weight", value: JSONNumber(0.25))
        return experiments
    }

    /// The anomalous audit with every text from outside replaced by ``hostile``, and with findings that only hold such text.
    static func hostileAudit() -> AuditReport {
        var report = anomalous()
        let text = hostile
        report.run = text
        report.voice = Voice(
            guide: "https://example.org/\"><script>" + text,
            commands: RunCommands(
                configuration: text,
                manifest: text,
                directory: text,
                source: text,
                folder: text,
                logs: [text]
            )
        )
        report.headline = hostileHeadline
        report.history?.format = text
        for index in report.shards.indices {
            report.shards[index].name = text + "\(index)"
            report.shards[index].detail = text
            report.shards[index].defects = [
                DefectReport(kind: text, severity: .warning, bytes: 0..<1, detail: text)
            ]
            report.shards[index].expected = text
            report.shards[index].actual = text
        }
        report.shardBoundaries = report.shardBoundaries.map { ShardBoundary(step: $0.step, shard: text) }
        report.findings = report.findings.map(hostile)
        report.findings += [
            Finding(.shard(name: text), title: "Shard \(quoted: text) is damaged", severity: .failure, steps: 5...6),
            Finding(
                .setting(key: text),
                title: "\(text: text)",
                severity: .warning,
                story: ["\(quoted: text)"],
                advice: ["\(text: text)", "\(.lock)"]
            ),
        ]
        report.replays[0].checkpoint = text
        report.replays[0].precision = text
        report.replays[0].conclusion = text
        report.replays[0].loss = JSONNumber(.nan)
        report.replays[0].firstNonFinite = NonFiniteReport(
            layer: 3,
            operation: text,
            row: 0,
            position: 0,
            producer: true
        )
        report.replays[0].layers[0].name = text
        report.replays[0].rows[0].shard = text
        report.assumptions = [text]
        report.notChecked = [
            Omission(.replay, subject: text, "\(text: text)"), Omission(.log, subject: text, "\(quoted: text)"),
        ]
        report.files = [text]
        report.findings[0].acceptance = Acceptance(reason: text, until: text, entry: text)
        report.shards[3].acceptance = Acceptance(reason: text, until: text)
        report.baseline = [
            BaselineOutcome(finding: text, until: text, reason: text, state: .unused, matches: [text]),
            BaselineOutcome(shard: text, until: text, reason: text, state: .expired),
        ]
        report.comparison = ComparisonReport(
            findings: [.init(id: text, title: "\(text: text)", severity: .failure, state: .gone)],
            shards: [.init(name: text, state: .new, before: text, now: .missing)]
        )
        return report
    }

    private static var hostileHeadline: Headline {
        var damage = damage
        damage.shard = hostile
        return Headline([
            .seen("\(text: hostile + String(repeating: "x", count: 1_000_000))"),
            .precededBy(SymptomKind(hostile), step: 3), .fedBy(damage),
            .replayed(Headline.Replay(checkpoint: hostile, loss: .nan)), .cause(CauseKind(hostile), .nan),
            .damage(3, of: 6, names: [hostile], areMissing: false), .alsoSeen("\(quoted: hostile)"),
            .finding("\(text: hostile)", seen: "\(text: hostile)"), .accepted(["\(text: hostile)"], more: 1),
        ])
    }

    private static func hostile(_ finding: Finding) -> Finding {
        var finding = finding
        let text = hostile
        let kind = SymptomKind(text)
        finding.origin = .event(kind, step: finding.steps?.lowerBound ?? 0)
        finding.title = "\(text: text)"
        finding.story = ["\(text: text)", "\(quoted: text)"]
        finding.missing = [.shards]
        finding.replayOmission = .failed(text)
        for index in finding.symptoms.indices {
            finding.symptoms[index].kind = kind
            finding.symptoms[index].summary = "\(text: text)"
            finding.symptoms[index].measurements = Measurements().with(Measure<Double>(kind, text, text), .nan)
        }
        for index in finding.spans.indices {
            finding.spans[index].span.name = text
            finding.spans[index].span.reason = text
            finding.spans[index].span.tokens = 0..<0
        }
        for rank in finding.hypotheses.indices {
            finding.hypotheses[rank].cause = CauseKind(text)
            finding.hypotheses[rank].symptoms = [kind]
            finding.hypotheses[rank].clues = [
                WeighedClue(clue: text, weight: 1, statement: "\(text: text)"),
                WeighedClue(clue: text, weight: 0.5, statement: "\(text: text)", symptom: kind),
                WeighedClue(clue: text, weight: -1, statement: "\(quoted: text)"),
            ]
            finding.hypotheses[rank].fix = "\(text: text) \(.repair)"
            finding.hypotheses[rank].nextTest = "\(text: text) \(.replay(step: 242))"
            finding.hypotheses[rank].confidence = .nan
        }
        return finding
    }
}

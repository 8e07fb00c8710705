import Foundation
import Reporting
import Terms
import TrainingLogs

/// Hand-made audits: the same values on every machine.
enum Fixture {
    static let shardNames = (1...6).map { "fineweb_train_00000\($0).bin" }
    static let guide = "https://example.org/guide/documentation/diagnosis/"

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

    static func historyDocument(_ history: TrainingHistory) -> HistoryDocument {
        HistoryDocument(
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
        ShardBoundaryDocument(step: 1 + index * 72, shard: name)
    }

    /// A run in which a damaged shard caused a spike.
    static func anomalous() -> AuditDocument {
        AuditDocument(
            run: "pretrain-d12",
            verdict: "anomalous",
            headline: "step 241 spiked (loss 9.15, 14.2 robust sigma), fed by fineweb_train_000004.bin, "
                + "which fails SHA-256: corrupt shard, 93 %",
            history: historyDocument(history()),
            shards: shards(),
            findings: [spike, norm],
            replays: [replay],
            assumptions: ["the batch size 8 × 64 is taken from the log's `total desired batch size: 512`"],
            notChecked: ["loss scale: the log prints none", "optimizer state: the checkpoint holds no moments"],
            reproduce: [
                "trainaudit verify shards.lock.json --level digest",
                "trainaudit trace --step 242",
                "trainaudit replay --step 242 --checkpoint checkpoints/step_000240.safetensors",
            ],
            shardBoundaries: boundaries,
            report: AuditReport.names,
            gradientClip: 1
        )
    }

    /// A run in which nothing was found.
    static func healthy() -> AuditDocument {
        AuditDocument(
            run: "pretrain-d12",
            verdict: "healthy",
            headline: "no finding in 400 steps; 6 shards verified",
            history: historyDocument(history(isHealthy: true)),
            shards: shardNames.map { name in
                ShardDocument(name: name, status: "verified", level: "digest", bytes: 200_001_024, tokens: 100_000_000)
            },
            shardBoundaries: boundaries,
            report: AuditReport.names
        )
    }

    static func diagnosis() -> DiagnoseDocument {
        DiagnoseDocument(
            verdict: "anomalous",
            history: historyDocument(history()),
            symptoms: spike.symptoms,
            hypotheses: spike.hypotheses,
            findings: [spike],
            notes: ["the log prints no loss scale"]
        )
    }

    static func shards() -> [ShardDocument] {
        var shards = shardNames.map { name in
            ShardDocument(
                name: name,
                status: "verified",
                level: "digest",
                expected: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                actual: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                bytes: 200_001_024,
                tokens: 100_000_000
            )
        }
        shards[3].status = "mismatch"
        shards[3].actual = "74f7f0af08fbf5f6856aad95e1c4a8e7d1792512d28dbfd939c3df52a5d4da1b"
        shards[3].damagedRanges = [[100_663_296, 117_440_512]]
        shards[3].detail = "SHA-256 differs in 2 of 24 pieces"
        shards[5].status = "unproved"
        shards[5].level = "structure"
        shards[5].expected = nil
        shards[5].detail = "the lock file holds no digest"
        return shards
    }

    static let spike = FindingDocument(
        id: "loss-spike-241",
        title: "loss spike at steps 241 to 252, up to 9.15",
        severity: "failure",
        firstStep: 241,
        lastStep: 252,
        symptoms: [
            SymptomDocument(
                kind: "loss-spike",
                firstStep: 241,
                lastStep: 252,
                severity: "failure",
                summary: "training loss 9.15 at step 242 against 4.12 before, 14.2 robust sigma",
                measurements: [
                    "peakLoss": JSONNumber(9.15), "baseline": JSONNumber(4.12), "zScore": JSONNumber(14.2),
                ],
                guide: guide + "loss-spike"
            ),
            SymptomDocument(
                kind: "gradient-explosion",
                firstStep: 241,
                lastStep: 250,
                severity: "warning",
                summary: "gradient norm 6.5 against 1.0",
                measurements: ["peakNorm": JSONNumber(6.5), "ratio": JSONNumber(.infinity)],
                guide: guide + "gradient-explosion"
            ),
        ],
        spans: (241...252).map { step in
            SpanDocument(
                step: step,
                shard: shardNames[3],
                rank: 0,
                microStep: 0,
                tokens: [52_428_800 + (step - 241) * 524_288, 52_428_800 + (step - 240) * 524_288],
                bytes: [104_858_624 + (step - 241) * 1_048_576, 104_858_624 + (step - 240) * 1_048_576],
                confidence: "exact"
            )
        },
        hypotheses: [
            HypothesisDocument(
                cause: "corrupt-shard",
                confidence: 0.93,
                symptoms: ["loss-spike", "gradient-explosion"],
                evidenceFor: [
                    "fineweb_train_000004.bin fails SHA-256 in bytes 100,663,296..<117,440,512, which hold 12 of 12 suspect steps",
                    "replayed with these bytes the loss is 9.28, with repaired bytes 4.11",
                ],
                evidenceAgainst: ["the mapping assumes that the run was never resumed"],
                nextTest: "trainaudit replay --step 242 --precision bf16",
                fix: "trainaudit verify --repair shards.lock.json, then resume from step_000240.safetensors",
                guide: guide + "corrupt-shard",
                logConfidence: 0.22
            ),
            HypothesisDocument(
                cause: "outlier-batch",
                confidence: 0.04,
                symptoms: ["loss-spike"],
                evidenceFor: ["one batch explains the peak"],
                evidenceAgainst: ["twelve steps in a row are high"],
                nextTest: "trainaudit trace --step 242",
                fix: "skip the batch",
                guide: "documentation/diagnosis/outlier-batch"
            ),
            HypothesisDocument(
                cause: "learning-rate-high",
                confidence: 0.008,
                symptoms: ["loss-spike"],
                evidenceFor: [],
                evidenceAgainst: ["the learning rate falls smoothly through these steps"],
                nextTest: "",
                fix: "",
                guide: "javascript:alert(1)"
            ),
        ]
    )

    static let norm = FindingDocument(
        id: "gradient-at-clip-300",
        title: "gradient norm stays at the clipping threshold from step 300",
        severity: "warning",
        firstStep: 300,
        lastStep: 340,
        symptoms: [
            SymptomDocument(
                kind: "gradient-at-clip",
                firstStep: 300,
                lastStep: 340,
                severity: "warning",
                summary: "61 % of the norms are above 1.0",
                measurements: ["share": JSONNumber(0.61)],
                guide: guide + "gradient-at-clip"
            )
        ]
    )

    static let replay = ReplayDocument(
        step: 242,
        checkpointStep: 240,
        checkpoint: "step_000240.safetensors",
        precision: "fp32",
        loss: JSONNumber(9.2841),
        loggedLoss: JSONNumber(9.15),
        repairedLoss: JSONNumber(4.1102),
        controls: ControlsDocument(
            mean: JSONNumber(4.05),
            deviation: JSONNumber(0.12),
            count: 8,
            steps: [233, 234, 235, 236, 237, 238, 239, 240]
        ),
        zScore: JSONNumber(43.6),
        gradientNorm: JSONNumber(6.41),
        layers: (0..<2).flatMap { layer in
            ["ln_1", "attn", "ln_2", "mlp"].enumerated().map { index, operation in
                ProbeDocument(
                    name: "h.\(layer).\(operation)",
                    mean: JSONNumber(0.0125 * Double(index + 1)),
                    deviation: JSONNumber(0.98 + 0.01 * Double(layer)),
                    absoluteMaximum: JSONNumber(4.25 + Double(index)),
                    nonFinite: 0
                )
            }
        },
        rows: (0..<8).map { row in
            RowDocument(
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
    static func compared() -> AuditDocument {
        var document = anomalous()
        let previous = PreviousReport(
            run: document.run,
            findings: [
                .init(id: "gradient-at-clip-290", title: "at clip", severity: "warning", firstStep: 290, lastStep: 330),
                .init(id: "loss-spike-100", title: "loss spike at step 100", severity: "failure", firstStep: 100),
            ],
            shards: [.init(name: shardNames[1], status: "missing"), .init(name: shardNames[3], status: "verified")]
        )
        document.comparison = AuditComparison.compare(document, with: previous)
        return document
    }

    /// An audit with every field of every document set, each at one place at least.
    static func everyField() -> AuditDocument {
        var document = compared()
        document.history?.stepBase = 1
        document.history?.segmentSteps = [[1, 400]]
        document.history?.points = ["train_loss": 400, "validation_loss": 8]
        document.history?.hyperparameters = ["batch": 8, "sequence": 64]
        document.history?.events = [LogEventDocument(kind: "traceback", step: 400, line: 412, text: "KeyError: 'x'")]
        document.history?.notes = ["the packed data end early"]
        document.shards[3].findings = [
            ContentFindingDocument(
                kind: "zero-run",
                severity: "warning",
                bytes: [100_663_296, 100_667_392],
                tokens: [50_331_136, 50_333_184],
                detail: "2,048 times token 0"
            )
        ]
        document.shards[5].level = "decode"
        var acceptance = AcceptanceDocument(reason: "known", until: "2026-12-31")
        acceptance.entry = "loss-spike-240"
        document.shards[3].accepted = acceptance
        document.findings[0].accepted = acceptance
        document.findings[0].story = ["At step 241 the loss rises."]
        document.findings[0].wouldSharpen = ["the learning rate of every step"]
        document.findings[0].shards = ["shard_00000.parquet", "shard_00001.parquet"]
        document.findings[0].guide = "documentation/diagnosis/configuration"
        document.findings[0].spans[0] = SpanDocument(
            step: 241,
            shard: "shard_00000.parquet",
            rank: 1,
            microStep: 2,
            tokens: [17, 18],
            bytes: [4, 262_148],
            confidence: "interval",
            reason: "the log does not print where the loader stood",
            unit: "documents",
            documentTokens: [0, 65]
        )
        document.baseline = [
            BaselineEntryDocument(
                finding: "loss-spike-240",
                until: "2026-12-31",
                reason: "known",
                state: "accepts",
                matches: ["loss-spike-241"]
            ),
            BaselineEntryDocument(shard: "absent.bin", until: "2026-12-31", reason: "gone", state: "unused"),
        ]
        document.checkpoints = [
            CheckpointDocument(
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
        document.shardBoundaries[5].epoch = 2
        document.replays[0].finding = "loss-spike-241"
        document.replays[0].firstNonFinite = nonFinite
        document.replays[0].experiments = everyExperiment()
        return document
    }

    private static var nonFinite: NonFiniteDocument {
        var place = NonFiniteDocument(layer: 1, operation: "mlp-in", row: 0, position: 3, producer: true)
        place.token = 50_256
        return place
    }

    private static func everyExperiment() -> ReplayExperimentsDocument {
        var experiments = ReplayExperimentsDocument()
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
            ProbeDocument(
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

    /// The anomalous audit with every text replaced by ``hostile``.
    static func hostileAudit() -> AuditDocument {
        var document = anomalous()
        let text = hostile
        document.run = text
        document.verdict = text
        document.headline = text + String(repeating: "x", count: 1_000_000)
        document.history?.format = text
        for index in document.shards.indices {
            document.shards[index].name = text + "\(index)"
            document.shards[index].level = text
            document.shards[index].detail = text
            document.shards[index].findings = [
                ContentFindingDocument(kind: text, severity: text, bytes: [0, 1], detail: text)
            ]
            document.shards[index].expected = text
            document.shards[index].actual = text
        }
        document.shards[4].status = text
        document.shardBoundaries = document.shardBoundaries.map { ShardBoundaryDocument(step: $0.step, shard: text) }
        for index in document.findings.indices {
            document.findings[index].id = text
            document.findings[index].title = text
            document.findings[index].story = [text, text]
            document.findings[index].wouldSharpen = [text]
            for symptom in document.findings[index].symptoms.indices {
                document.findings[index].symptoms[symptom].kind = text
                document.findings[index].symptoms[symptom].summary = text
                document.findings[index].symptoms[symptom].guide = "javascript:" + text
                document.findings[index].symptoms[symptom].measurements = [text: JSONNumber(.nan)]
            }
            for span in document.findings[index].spans.indices {
                document.findings[index].spans[span].shard = text
                document.findings[index].spans[span].confidence = text
                document.findings[index].spans[span].tokens = []
            }
            for rank in document.findings[index].hypotheses.indices {
                document.findings[index].hypotheses[rank].cause = text
                document.findings[index].hypotheses[rank].evidenceFor = [text]
                document.findings[index].hypotheses[rank].evidenceAgainst = [text]
                document.findings[index].hypotheses[rank].fix = text
                document.findings[index].hypotheses[rank].nextTest = text
                document.findings[index].hypotheses[rank].guide = "https://example.org/\"><script>" + text
                document.findings[index].hypotheses[rank].confidence = .nan
            }
        }
        document.replays[0].checkpoint = text
        document.replays[0].precision = text
        document.replays[0].conclusion = text
        document.replays[0].loss = JSONNumber(.nan)
        document.replays[0].firstNonFinite = NonFiniteDocument(
            layer: 3,
            operation: text,
            row: 0,
            position: 0,
            producer: true
        )
        document.replays[0].layers[0].name = text
        document.replays[0].rows[0].shard = text
        document.assumptions = [text]
        document.notChecked = [text, text]
        document.reproduce = [text]
        document.report = [text]
        document.findings[0].accepted = AcceptanceDocument(reason: text, until: text)
        document.shards[3].accepted = AcceptanceDocument(reason: text, until: text)
        document.comparison = ComparisonDocument(
            findings: [.init(id: text, title: text, severity: text, state: text)],
            shards: [.init(name: text, state: "new", before: text, now: text)]
        )
        return document
    }
}

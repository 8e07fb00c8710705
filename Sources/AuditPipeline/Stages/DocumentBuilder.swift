import DataOrder
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import TrainingLogs

/// Turns the stages' values into the documents of machine output and reports.
public struct DocumentBuilder: Sendable {
    /// The address of the published guide; `nil` leaves links relative to its root.
    public var guide: String?
    /// What completes proposed commands; `nil` leaves their place-holders.
    public var commands: CommandText?

    /// Creates a builder.
    public init(guide: String? = nil, commands: CommandText? = nil) {
        self.guide = guide
        self.commands = commands
    }

    /// The link to a page of the guide.
    public func link(_ page: String) -> String {
        guard let guide else { return page }
        return guide.hasSuffix("/") ? guide + page : guide + "/" + page
    }

    /// What was read from the logs.
    public func history(_ history: TrainingHistory) -> HistoryDocument {
        HistoryDocument(
            format: history.format,
            formatReason: history.formatReason.isEmpty ? nil : history.formatReason,
            trainPoints: history.train.count,
            validationPoints: history.validation.count,
            firstStep: history.train.steps.min(),
            lastStep: history.train.steps.max(),
            firstLoss: history.train.values.first.map(JSONNumber.init),
            lastLoss: history.train.values.last.map(JSONNumber.init),
            minimumLoss: history.train.minimum.map(JSONNumber.init),
            nonFinitePoints: history.train.nonFiniteCount,
            segments: max(1, history.segments.count),
            lossScope: history.lossScope.rawValue,
            stepBase: history.stepBase,
            segmentSteps: history.segments.map { [$0.steps.lowerBound, $0.steps.upperBound] },
            points: Dictionary(
                HistoryExport.series(of: history).map { ($0.name, $0.series.count) },
                uniquingKeysWith: { first, _ in first }
            ),
            hyperparameters: Dictionary(
                history.hyperparameters.named.map { ($0.name, $0.value) },
                uniquingKeysWith: { first, _ in first }
            ),
            events: history.events.prefix(100).map {
                LogEventDocument(kind: $0.kind.rawValue, step: $0.step, line: $0.line, text: $0.text)
            },
            notes: history.notes
        )
    }

    /// A symptom.
    public func symptom(_ symptom: Symptom) -> SymptomDocument {
        SymptomDocument(
            kind: symptom.kind.rawValue,
            firstStep: symptom.firstStep,
            lastStep: symptom.lastStep,
            severity: symptom.severity.rawValue,
            summary: symptom.summary,
            measurements: symptom.measurements.mapValues(JSONNumber.init),
            guide: link(GuidePage.path(id: symptom.kind.rawValue))
        )
    }

    /// A ranked cause.
    public func hypothesis(_ hypothesis: Hypothesis) -> HypothesisDocument {
        // Four digits are more than any ranking knows, and keep the output free of rounding noise. None is certain.
        func rounded(_ confidence: Double) -> Double { min((confidence * 10_000).rounded() / 10_000, 0.9999) }
        return HypothesisDocument(
            cause: hypothesis.cause.rawValue,
            confidence: rounded(hypothesis.confidence),
            symptoms: hypothesis.symptoms.map(\.rawValue),
            evidenceFor: hypothesis.evidenceFor,
            evidenceAgainst: hypothesis.evidenceAgainst,
            nextTest: commands?.fill(hypothesis.nextTest) ?? hypothesis.nextTest,
            fix: commands?.fill(hypothesis.fix) ?? hypothesis.fix,
            guide: link(hypothesis.guide),
            logConfidence: hypothesis.logConfidence.map(rounded)
        )
    }

    /// The id of an event's finding: the kind and first step of its gravest symptom.
    static func id(of event: Event) -> String {
        guard let lead = event.lead else { return "event-\(event.firstStep)" }
        return "\(lead.kind.rawValue)-\(lead.firstStep)"
    }

    /// An event with its data and ranked causes.
    public func finding(
        _ event: Event,
        spans: [SpanDocument] = [],
        hypotheses: [Hypothesis],
        story: [String] = [],
        wouldSharpen: [String] = []
    ) -> FindingDocument {
        let kind = event.lead?.kind.rawValue ?? "event"
        let title = Rules.head(id: kind)?.title ?? kind
        // The steps of what the title names; those of the whole event are the finding's.
        let first = event.lead?.firstStep ?? event.firstStep
        let last = event.lead?.lastStep ?? event.lastStep
        // The end of a spike that does not come back is only where the search for its end stopped.
        let isOpen = event.lead?.kind == .lossSpike && event.lead?.measurements["recovered"] == 0
        let place = isOpen ? "from step \(first)" : first == last ? "step \(first)" : "steps \(first) to \(last)"
        return FindingDocument(
            id: Self.id(of: event),
            title: "\(title), \(place)",
            severity: event.severity.rawValue,
            firstStep: event.firstStep,
            lastStep: event.lastStep,
            symptoms: event.symptoms.map(symptom),
            spans: spans,
            hypotheses: hypotheses.map(hypothesis),
            story: story,
            wouldSharpen: wouldSharpen.map { commands?.fill($0) ?? $0 }
        )
    }

    /// A span of data that fed a step.
    public static func span(_ span: DataSpan, step: Int?) -> SpanDocument {
        SpanDocument(
            step: step,
            shard: span.name,
            rank: span.rank,
            microStep: span.microStep,
            tokens: [span.tokens.lowerBound, span.tokens.upperBound],
            bytes: [span.bytes.lowerBound, span.bytes.upperBound],
            confidence: span.confidence.rawValue,
            reason: span.reason,
            unit: span.unit == .tokens ? nil : span.unit.rawValue,
            documentTokens: span.documentTokens.map { [$0.lowerBound, $0.upperBound] }
        )
    }

    /// The verification of a shard.
    /// - Parameters:
    ///   - shard: The verification.
    ///   - damaged: Finer damaged ranges than the verification's own, where a pristine copy was compared.
    public func shard(_ shard: ShardVerification, damaged: [Range<Int>]? = nil) -> ShardDocument {
        ShardDocument(
            name: shard.name,
            status: shard.status.rawValue,
            level: shard.level.rawValue,
            expected: shard.expected,
            actual: shard.actual,
            bytes: shard.bytes,
            tokens: shard.header?.tokens,
            damagedRanges: (damaged ?? shard.damagedRanges).map { [$0.lowerBound, $0.upperBound] },
            detail: shard.detail,
            findings: shard.defects.map(finding)
        )
    }

    private func finding(_ defect: ShardDefect) -> ContentFindingDocument {
        ContentFindingDocument(
            kind: defect.kind.rawValue,
            severity: defect.severity.rawValue,
            bytes: [defect.bytes.lowerBound, defect.bytes.upperBound],
            tokens: defect.tokens.map { [$0.lowerBound, $0.upperBound] },
            detail: defect.detail
        )
    }

    /// What `verify` prints.
    public func verify(
        _ shards: [ShardVerification],
        ledger: IncrementalVerifier.Summary? = nil
    ) -> VerifyDocument {
        VerifyDocument(
            verdict: shards.contains { $0.status.isDamaged } ? "anomalous" : "healthy",
            shards: shards.map { shard($0) },
            ledger: ledger.map {
                LedgerDocument(
                    previousRun: $0.previousRun.map(IncrementalVerifier.text),
                    oldestProof: $0.oldestProof.map(IncrementalVerifier.text),
                    read: $0.read,
                    reused: $0.reused,
                    left: $0.left,
                    new: $0.new,
                    changed: $0.changed,
                    newlyDamaged: $0.newlyDamaged,
                    recovered: $0.recovered
                )
            }
        )
    }

    /// What `diagnose` prints.
    public func diagnose(
        _ history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration()
    ) -> DiagnoseDocument {
        let stages = history.stages.map { diagnosis(of: $0, configuration: configuration) }
        // Each stage has its gravest first; all of them together too.
        let findings = stages.flatMap(\.findings).gravestFirst
        var notes =
            Diagnosis.isTooShort(history.mainStage)
            ? ["The log holds fewer than two records of a curve: too little to judge the run by."] : []
        if let text = history.otherStagesText {
            notes.append("\(text.uppercasedFirst). Each stage is judged by itself.")
        }
        return DiagnoseDocument(
            verdict: Diagnosis.verdict(stages.flatMap(\.events)),
            history: self.history(history),
            symptoms: findings.flatMap(\.symptoms),
            hypotheses: findings.first?.hypotheses ?? [],
            findings: findings,
            notes: notes,
            peers: PeerSpikes(history.mainStage).counts.map { count in
                PeerSpikesDocument(
                    id: count.id,
                    rule: count.rule,
                    spikes: count.spikes,
                    judged: count.judged,
                    percent: JSONNumber((count.percent * 1e4).rounded() / 1e4),
                    firstStep: count.firstStep
                )
            }
        )
    }

    /// The events of one stage of training, and what is told of them by its curves alone.
    func diagnosis(
        of history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration()
    ) -> (events: [Event], findings: [FindingDocument]) {
        let analysis = LogAnalysis(history, configuration: configuration)
        let events = Diagnosis.events(from: analysis.symptoms())
        var builder = self
        // Commands read the main stage of a log: what would need them becomes advice.
        if history.stageLine != nil { builder.commands = CommandText(logs: []) }
        var told: [(event: Event, hypotheses: [Hypothesis])] = []
        let findings = events.map { event in
            told.append((event, Diagnosis.reconciled(analysis.rank(event), of: event, with: told)))
            var finding = builder.finding(
                event,
                hypotheses: told[told.count - 1].hypotheses,
                story: Diagnosis.story(of: event, in: analysis),
                // Shards and checkpoints are configured for the main stage.
                wouldSharpen: history.stageLine == nil
                    ? Diagnosis.wouldSharpen(event, in: analysis, evidence: []) : []
            )
            // Steps of one number are of several stages.
            if let line = history.stageLine, let number = history.stageNumber {
                finding.id += "-stage\(number)"
                finding.title += " of the stage from line \(line)"
                // The curves of a report are those of the main stage, and have other steps of these numbers.
                (finding.firstStep, finding.lastStep) = (nil, nil)
            }
            return finding
        }
        return (events, findings)
    }
}

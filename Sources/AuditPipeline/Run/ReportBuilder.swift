import DataOrder
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import TrainingLogs

/// Turns the stages' values into the values of reports.
public struct ReportBuilder: Sendable {
    /// Creates a builder.
    public init() {}

    /// What was read from the logs.
    public func history(_ history: TrainingHistory) -> HistoryReport {
        HistoryReport(
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
            // How the run ended is never among what is left out.
            events: history.events.enumerated().filter { $0.offset < 100 || $0.element.ending != nil }
                .map { LogEventReport($0.element) },
            notes: history.notes
        )
    }

    /// The verification of a shard.
    /// - Parameters:
    ///   - shard: The verification.
    ///   - damaged: Finer damaged ranges than the verification's own, where a pristine copy was compared.
    public func shard(_ shard: ShardVerification, damaged: [Range<Int>]? = nil) -> ShardReport {
        ShardReport(
            name: shard.name,
            status: shard.status,
            level: shard.level,
            expected: shard.expected,
            actual: shard.actual,
            bytes: shard.bytes,
            tokens: shard.header?.tokens,
            damagedRanges: damaged ?? shard.damagedRanges,
            detail: shard.detail,
            defects: shard.defects.map(defect),
            provedOn: shard.proved.map { String(IncrementalVerifier.text(of: $0).prefix(10)) }
        )
    }

    private func defect(_ defect: ShardDefect) -> DefectReport {
        DefectReport(
            kind: defect.kind.rawValue,
            severity: defect.severity,
            bytes: defect.bytes,
            tokens: defect.tokens,
            detail: defect.detail
        )
    }

    /// What `verify` prints.
    public func verify(
        _ shards: [ShardVerification],
        ledger: IncrementalVerifier.Summary? = nil
    ) -> VerifyReport {
        VerifyReport(
            verdict: shards.contains { $0.status.isDamaged } ? .anomalous : .healthy,
            shards: shards.map { shard($0) },
            ledger: ledger.map {
                LedgerReport(
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
    /// - Parameters:
    ///   - history: The log.
    ///   - logs: The log files as they were named, for the commands of the report.
    public func diagnose(_ history: TrainingHistory, logs: [String] = []) -> DiagnosisReport {
        let main = history.mainRun
        let others = OtherRuns.judged(history)
        // Each run has its gravest first; all of them together too.
        let own = LogFindings.findings(of: main, configuration: TrainingConfiguration(recordedBy: main))
        let findings = (own + others.findings).gravestFirst
        let chosen = OtherRuns.chosen(main, isConfigured: history.chosenRun != nil)
        let notes = ([chosen].compactMap { $0 } + others.lines.map(\.text)).map { Voice().text($0) }
        return DiagnosisReport(
            verdict: Diagnosis.verdict(
                findings.map(\.severity).max(),
                history: main,
                symptoms: findings.flatMap(\.symptoms)
            ),
            history: self.history(history),
            findings: findings,
            voice: Voice(commands: RunCommands(logs: logs)),
            notes: notes,
            peers: PeerSpikes(main).counts.map { count in
                PeerSpikesReport(
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

    /// What one checkpoint shows.
    func checkpoint(_ facts: CheckpointFacts) -> CheckpointReport {
        let wasRun = !facts.largestOperation.isEmpty
        return CheckpointReport(
            name: facts.name,
            step: facts.step,
            weightNorms: facts.weightNorms.mapValues(JSONNumber.init),
            zeroShare: facts.zeroShare.isEmpty ? nil : facts.zeroShare.map(JSONNumber.init),
            attentionPeak: facts.attentionPeak.isEmpty ? nil : facts.attentionPeak.map(JSONNumber.init),
            largestActivation: wasRun ? JSONNumber(facts.largestActivation) : nil,
            largestOperation: wasRun ? facts.largestOperation : nil,
            layerGradients: facts.layerGradients.map { [JSONNumber($0.lowerBound), JSONNumber($0.upperBound)] }
        )
    }
}

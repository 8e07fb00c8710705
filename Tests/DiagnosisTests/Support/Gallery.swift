import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Runs with all sorts of trouble, for tests that look at every rule.
///
/// A new rule needs no run here: its own test finds its symptom through ``SyntheticRun``, whose symptoms and hypotheses
/// are checked in the same way.
enum Gallery {
    /// The runs: spoilt ones and a healthy one.
    static let runs: [SyntheticRun] = {
        var runs = [SyntheticRun()]
        func add(_ run: SyntheticRun = SyntheticRun(), _ spoil: (inout SyntheticRun) -> Void) {
            var run = run
            spoil(&run)
            runs.append(run)
        }
        add { $0.corrupt(600..<612) }
        add { run in
            for index in stride(from: 400, to: 640, by: 15) { run.lift(index..<index + 1, by: 3) }
        }
        add { run in
            run.norm[498] = 40
            run.kick(at: 500, height: 4, decay: 400)
        }
        add { run in
            run.configuration.precision = .fp16
            for index in 600..<1000 { (run.loss[index], run.norm[index]) = (.nan, .infinity) }
        }
        add { run in
            for index in 600..<1000 { run.loss[index] += 0.02 * Double(index - 600) }
        }
        add { run in
            for index in 500..<1000 { run.loss[index] += 0.0015 * Double(index - 500) + 0.15 }
            run.rate = run.rate.indices.map { 1e-4 * Double($0 + 1) }
        }
        add { run in
            run.loss = run.loss.indices.map { 6.5 + 4.3 * exp(-Double($0) / 20) + 0.01 * Double($0 % 7) }
            run.loss[0] = 17
        }
        add(SyntheticRun(steps: 300)) { run in
            run.loss = run.loss.map { _ in 10.82 }
            run.norm = run.norm.map { _ in 0 }
            run.rate = run.rate.map { _ in 0 }
        }
        add(SyntheticRun(steps: 600, peak: 6e-6)) { run in
            run.loss = run.loss.indices.map { 10.82 - 0.0008 * Double($0) + 0.01 * Double($0 % 5) }
            run.configuration.gradientClip = 0.1
        }
        add(SyntheticRun(steps: 400)) { run in
            run.loss = run.loss.indices.map { 10.8 / (1 + exp((Double($0) - 60) / 6)) + 0.01 }
            run.validation = Series(steps: [1, 100, 200, 300, 400], values: [10.8, 12, 14, 15, 16])
        }
        add { run in
            run.lift(500..<530, by: -1.5)
            run.validation = Series(
                steps: Array(stride(from: 100, through: 1000, by: 100)),
                values: [6, 5.2, 5, 5.1, 5.2, 5.3, 5.5, 5.7, 5.9, 6.1]
            )
        }
        add { run in
            run.lift(500..<1000, by: 0.6)
            run.configuration.tokensPerStep = 1000
            run.configuration.trainTokens = 500_000
        }
        add(SyntheticRun(floor: 5, noise: 0.8, seed: 13)) { run in
            run.configuration.tokensPerStep = 512
            run.configuration.parameters = 5496
        }
        add(SyntheticRun(seed: 12)) { run in
            for index in run.loss.indices where (index / 40).isMultiple(of: 2) { run.loss[index] += 0.4 }
        }
        add(SyntheticRun(noise: 0.02)) { run in
            run.rate = run.rate.indices.map { $0 < 400 ? 6e-4 : $0 < 700 ? 6e-5 : 6e-6 }
            run.lift(400..<1000, by: -0.3)
            run.lift(700..<1000, by: -0.2)
        }
        add { run in
            for index in 450..<470 { run.rate[index] *= 25 }
            run.kick(at: 454, height: 2.5, decay: 40)
        }
        add(SyntheticRun(steps: 300)) { run in
            run.configuration.steps = 5000
            run.events = (0..<6).map {
                LogEvent(kind: .skippedUpdate, step: 200 + $0, line: 200 + $0, text: "OVERFLOW!")
            }
            run.events.append(
                LogEvent(kind: .traceback, step: 300, line: 1, text: "IndexError: index out of range in self")
            )
        }
        add { run in
            run.configuration.facts.checkpoints = [400, 600].map { updates in
                CheckpointFacts(
                    name: "step_\(updates)",
                    updates: updates,
                    step: updates,
                    weightNorms: ["mlp": updates == 400 ? 10 : 4]
                )
            }
        }
        return runs
    }()

    /// The logs of ``runs``, and those of trouble that a run does not hold: a resume, a gap, a collapsing loss scale.
    static let logs: [LogAnalysis] = {
        var logs = runs.map { LogAnalysis($0.history, configuration: $0.configuration) }
        let run = SyntheticRun()
        func add(_ change: (inout TrainingHistory) -> Void) {
            var history = run.history
            change(&history)
            logs.append(LogAnalysis(history, configuration: run.configuration))
        }
        add { history in
            for step in 901...1000 { history.train.append(step: step, value: run.loss[step - 1] + 0.8) }
        }
        add { history in
            let kept = history.train.steps.indices.filter { $0 < 300 || $0 >= 340 }
            history.train = Series(steps: kept.map { $0 + 1 }, values: kept.map { run.loss[$0] })
        }
        add { history in
            history.lossScale = Series(
                steps: Array(1...900),
                values: (1...900).map { $0 < 800 ? 65_536 : 65_536 * pow(0.5, Double($0 - 799) / 4) }
            )
        }
        return logs
    }()
}

extension [Symptom] {
    /// The symptoms; an issue is recorded where one reports what its rule does not declare.
    func checked() -> [Symptom] {
        for symptom in self {
            let declared = SymptomRules.rule(of: symptom.kind)?.measures ?? []
            let id = symptom.kind.rawValue
            for (head, _) in symptom.measurements.all where !declared.contains(head) {
                Issue.record("\(id) reports \(head.key), which its rule does not declare: add it to `measures`")
            }
            if symptom.summary.isEmpty { Issue.record("\(id) has no summary") }
        }
        return self
    }
}

extension [WeighedClue] {
    /// What is wrong with the clues of one cause in one case, a sentence each.
    var problems: [String] {
        var problems: [String] = []
        for (id, same) in Dictionary(grouping: self, by: \.clue) {
            if same.count > 1 { problems.append("the clue \(id) is weighed \(same.count) times in one case") }
            if !id.isKebabCase { problems.append("the clue id \(id) is not in kebab-case") }
            if same.contains(where: \.statement.isEmpty) { problems.append("the clue \(id) has no sentence") }
        }
        return problems.sorted()
    }
}

extension [Hypothesis] {
    /// The hypotheses; an issue is recorded where the clues of one are not in order.
    func checked() -> [Hypothesis] {
        for hypothesis in self {
            for problem in hypothesis.clues.problems { Issue.record("\(hypothesis.cause.rawValue): \(problem)") }
        }
        return self
    }
}

extension String {
    /// Whether the text is words of lower-case letters and digits with hyphens between them.
    var isKebabCase: Bool { wholeMatch(of: #/[a-z0-9]+(-[a-z0-9]+)*/#) != nil }
}

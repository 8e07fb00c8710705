import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

/// Proposed commands are values; what a person reads has the run's own paths, or advice where the run cannot take them.
@Suite struct RunCommandsTests {
    /// The commands of a run whose configuration lies in a folder, as seen from where the audit was started.
    private func commands(in folder: String = "") -> RunCommands {
        RunCommands(
            configuration: folder + "audit.yaml",
            manifest: folder + "shards.lock.json",
            directory: folder + "my data",
            source: "https://example.org/d/",
            folder: folder + "my data",
            logs: [folder + "train.log"]
        )
    }

    /// A sentence as a report of a run with these commands has it.
    private func text(_ phrase: Phrase, _ commands: RunCommands, omission: ReplayOmission? = nil) -> String {
        var finding = Finding(.setting(key: "order"), title: "", severity: .info)
        finding.replayOmission = omission
        return Voice(commands: commands).of(finding).text(phrase)
    }

    @Test func commandsCanBePastedWhereTheAuditWasStarted() throws {
        let commands = commands(in: "runs/a/")
        let repair = try #require(commands.line(.repair))
        #expect(
            repair == "trainaudit verify runs/a/shards.lock.json --directory 'runs/a/my data' --repair "
                + "--source https://example.org/d/"
        )
        let replay = try #require(commands.line(.replay(step: 7)))
        #expect(replay == "trainaudit replay --config runs/a/audit.yaml --step 7")
        #expect(commands.line(.replay(step: 7, precision: "fp16")) == replay + " --precision fp16")
        #expect(commands.line(.trace(step: 7)) == "trainaudit trace --config runs/a/audit.yaml --step 7")
        #expect(commands.line(.read(step: 7)) == "trainaudit trace --config runs/a/audit.yaml --step 7 --show")
        #expect(commands.line(.plot) == "trainaudit plot runs/a/train.log")
        #expect(commands.line(.diagnose) == "trainaudit diagnose runs/a/train.log")
        #expect(commands.line(.audit) == "trainaudit audit --config runs/a/audit.yaml")
        // In a sentence a command is code.
        #expect(
            text("Replace it with \(.repair); \(.replay(step: 7)).", commands)
                == "Replace it with `\(repair)`; `\(replay)`."
        )
    }

    @Test func theDefaultConfigurationNeedsNoOption() {
        #expect(commands().line(.trace(step: 7)) == "trainaudit trace --step 7")
        #expect(commands().line(.replay(step: 7)) == "trainaudit replay --step 7")
        #expect(commands().line(.verify) == "trainaudit verify shards.lock.json --directory 'my data'")
        #expect(commands().line(.lock) == "trainaudit lock 'my data' -o found.lock.json")
    }

    /// A quote in a path does not end the word, and nothing else in it reaches the shell.
    @Test func pathsAreWordsOfAShell() {
        #expect(RunCommands(logs: ["it's $(here).log"]).line(.plot) == #"trainaudit plot 'it'\''s $(here).log'"#)
        #expect(RunCommands(logs: ["~/läufe/a-1_b.log"]).line(.plot) == "trainaudit plot ~/läufe/a-1_b.log")
    }

    @Test func withoutDigestsShardsAreLookedIntoAndNotRepaired() {
        var commands = commands()
        commands.hasDigests = false
        #expect(
            commands.line(.verify) == "trainaudit verify shards.lock.json --directory 'my data' --level decode"
        )
        #expect(commands.line(.repair) == nil)
        #expect(
            text("Replace it with \(.repair).", commands)
                == "Replace it with a pristine copy from https://example.org/d/."
        )
        commands.source = nil
        #expect(text("Replace it with \(.repair).", commands) == "Replace it with a pristine copy.")
        var unknown = self.commands()
        unknown.source = nil
        #expect(unknown.line(.repair)?.hasSuffix(" --repair --source URL") == true)
    }

    @Test func commandsThatWouldFailBecomeAdvice() {
        var commands = commands()
        commands.canTrace = false
        commands.replayObstacle = .logsAlone
        for command in [Command.trace(step: 7), .read(step: 7), .replay(step: 7), .replay(step: 7, precision: "fp16")] {
            #expect(commands.line(command) == nil)
        }
        #expect(
            text("\(.replay(step: 7, precision: "fp16")), and again", commands)
                == "rerun step 7 in the trainer, from the last checkpoint before it, and again"
        )
        #expect(text("\(.trace(step: 7))", commands) == "find out in the trainer which data step 7 read")
    }

    @Test func aReplayThatWasNotRunSaysWhy() {
        var commands = commands()
        func text(_ step: Int, _ omission: ReplayOmission? = nil) -> String {
            self.text("\(.replay(step: step)): same", commands, omission: omission)
        }
        let rerun = "rerun step 7 in the trainer, from the last checkpoint before it"
        #expect(text(7) == "`trainaudit replay --step 7`: same")
        #expect(
            text(7, .beyondLimit(3))
                == "`trainaudit replay --step 7` (not done here: only the 3 gravest findings are replayed): same"
        )
        commands.firstReplayableStep = 9
        #expect(commands.line(.replay(step: 9)) != nil && commands.line(.replay(step: 8)) == nil)
        #expect(text(7) == rerun + " (it was not replayed here: no checkpoint is from before it): same")
        commands.firstReplayableStep = nil
        commands.lastStep = 600
        #expect(commands.line(.replay(step: 600)) != nil && commands.line(.replay(step: 601)) == nil)
        #expect(text(601).hasSuffix("(it was not replayed here: the run has no such step): same"))
        commands.lastStep = nil
        commands.replayObstacle = .noCheckpoints
        #expect(text(7) == rerun + " (it was not replayed here: `model.checkpoints` is not set): same")
    }

    @Test func aLogAloneGivesCommandsThatRun() {
        let commands = RunCommands(logs: ["my run/train.log", "main.log"])
        #expect(commands.line(.plot) == "trainaudit plot 'my run/train.log' main.log")
        #expect(commands.line(.diagnose) == "trainaudit diagnose 'my run/train.log' main.log")
        for command in [Command.verify, .repair, .lock, .trace(step: 7), .read(step: 7), .replay(step: 7)] {
            #expect(commands.line(command) == nil)
            #expect(!text("\(command)", commands).isEmpty, "\(command)")
        }
        // Standard input cannot be read again.
        #expect(RunCommands(logs: ["-"]).line(.plot) == nil)
        #expect(text("\(.plot)", RunCommands(logs: ["-"])) == "plot the log")
    }

    @Test func withoutATokenizerTokensAreCompared() {
        var commands = commands()
        let read = text("\(.read(step: 7))", commands)
        commands.hasTokenizer = false
        let compared = text("\(.read(step: 7))", commands)
        #expect(compared != read && compared.contains("`order.tokenizer`") && !read.contains("`order.tokenizer`"))
    }

    /// The commands that reproduce a report are those that the run can take, in order.
    @Test func whatReproducesAReportCanBePasted() throws {
        let report = AuditReport(
            run: "r",
            verdict: .healthy,
            voice: Voice(commands: RunCommands(logs: ["a.log"])),
            reproduce: [.verify, .diagnose, .plot, .trace(step: 3), .replay(step: 3), .audit]
        )
        struct Lines: Decodable { var reproduce: [String] }
        let text = try JSONOutput.encode(report, voice: report.voice)
        #expect(
            try JSONOutput.decode(Lines.self, from: Data(text.utf8)).reproduce == [
                "trainaudit diagnose a.log  # by the log alone", "trainaudit plot a.log -o plots",
                "trainaudit audit --config audit.yaml",
            ]
        )
    }

    /// Another stage of training has steps of the same numbers: no output proposes to trace or replay those of the main one.
    @Test func aFindingOfAnotherStageProposesNoCommandOfTheMainOne() throws {
        var finding = Finding(
            .event(.lossSpike, step: 60),
            title: "\(SymptomKind.lossSpike), \(steps: 60...69)",
            severity: .failure,
            symptoms: [
                Symptom(kind: .lossSpike, firstStep: 60, lastStep: 69, severity: .failure, summary: "It jumps.")
            ],
            hypotheses: [
                Hypothesis(
                    cause: .outlierBatch,
                    confidence: 0.9,
                    clues: [WeighedClue(clue: "seen", weight: 2, statement: "It jumps.", symptom: .lossSpike)],
                    nextTest: "\(.replay(step: 60))",
                    fix: "Look at the data: \(.trace(step: 60))."
                )
            ],
            isCauseClear: true
        )
        func outputs() throws -> [String: String] {
            let report = AuditReport(
                run: "r",
                verdict: .anomalous,
                headline: Headline([.finding(finding.title, seen: nil)]),
                voice: Voice(commands: commands()),
                findings: [finding]
            )
            return [
                "json": try JSONOutput.encode(report, voice: report.voice), "terminal": TerminalText.audit(report),
                "markdown": MarkdownSummary.text(report), "junit": try JUnitReport.xml(report),
                "html": try HTMLReport.text(report, history: nil),
            ]
        }
        // The guide's pages have commands of their own, with other steps.
        let proposed = { (text: String) -> Bool in
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("--step 60")
        }
        for (name, text) in try outputs() { #expect(proposed(text), "\(name)") }
        finding.run = Finding.Run(number: 2, line: 602)
        for (name, text) in try outputs() { #expect(!proposed(text), "\(name)") }
    }
}

import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

@Suite struct ContinuousIntegrationTests {
    @Test func attachmentsAreNamedAsTheRunnerFindsThem() {
        let folder = { (path: String, environment: [String: String]) in
            ContinuousIntegration.attachmentFolder(path, environment: environment)
        }
        let gitlab = ["GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/group/project/"]
        #expect(folder("/builds/group/project/Reports/run", gitlab) == "Reports/run")
        #expect(folder("/builds/group/project", gitlab) == "")
        #expect(folder("/builds/group/project-2/Reports", gitlab) == nil, "not below the project")
        #expect(folder("/elsewhere", gitlab) == nil)
        #expect(folder("/ci/jobs/x/../Reports", ["JENKINS_URL": "https://ci.example.org/"]) == "/ci/jobs/Reports")
        #expect(folder("/ci/jobs", ["JENKINS_URL": ""]) == nil)
        #expect(folder("/ci/jobs", [:]) == nil, "a report does not depend on where it is written")
    }

    /// GitLab links an issue to a file of the project by its path there.
    @Test func codeQualityNamesFilesAsTheProjectHasThem() throws {
        var configuration = AuditConfiguration(
            run: "run",
            logs: ["logs/train.log"],
            base: "/builds/group/project/audits"
        )
        configuration.shards.directory = "../data"
        func finding(_ origin: Finding.Origin, shards: [String] = []) -> Finding {
            Finding(origin, title: "A finding", severity: .failure, shards: shards)
        }
        let report = AuditReport(
            run: "run",
            verdict: .anomalous,
            findings: [
                finding(.event(.lossSpike, step: 356)), finding(.shard(name: "train/5.bin")),
                finding(.shards(.missing), shards: ["train/6.bin", "train/7.bin"]),
            ]
        )
        func paths(_ project: String) throws -> [String] {
            let delivery = try ContinuousIntegration.delivery(
                report,
                of: configuration,
                environment: ["GITLAB_CI": "true", "CI_PROJECT_DIR": project]
            )
            let file = try #require(delivery.files.first { $0.name == CodeQuality.fileName })
            let issues = try #require(
                try JSONSerialization.jsonObject(with: Data(file.contents.utf8)) as? [[String: Any]]
            )
            return issues.compactMap { ($0["location"] as? [String: Any])?["path"] as? String }
        }
        #expect(
            try paths("/builds/group/project")
                == ["audits/logs/train.log", "data/train/5.bin", "data/train/6.bin"]
        )
        // Shards may be found beside their list, and a project be named by a link.
        let scratch = try Scratch()
        try scratch.write("project/lists/x.txt", "x")
        let link = scratch.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: scratch.path + "/project")
        var found = AuditConfiguration(run: "run", logs: ["-"], base: scratch.path + "/project")
        found.shards.manifest = "lists/SHA256SUMS"
        let delivery = try ContinuousIntegration.delivery(
            report,
            of: found,
            shardFolder: scratch.path + "/project/lists",
            environment: ["GITLAB_CI": "true", "CI_PROJECT_DIR": link]
        )
        let text = delivery.files.map(\.contents).joined().replacing("\\/", with: "/")
        #expect(
            text.contains("\"lists/train/5.bin\"") && text.contains("\"run\"") && !text.contains("\"-\""),
            "\(text)"
        )
        #expect(try paths("/builds/group/project/data") == ["run", "train/5.bin", "train/6.bin"])
        #expect(try paths("/elsewhere") == ["run", "train/5.bin", "train/6.bin"])
    }

    @Test func theStepSummaryIsAppendedAndNeverPushesOutWhatOthersWrote() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/summary"
        let text = { String(decoding: scratch.data("summary") ?? Data(), as: UTF8.self) }
        try ContinuousIntegration.append(summary: "## Audit\n", to: path)
        #expect(text() == "## Audit\n")
        try scratch.write("summary", "a line without an end")
        try ContinuousIntegration.append(summary: "## Audit\n", to: path)
        #expect(text() == "a line without an end\n\n## Audit\n", "a heading begins a line")
        try scratch.write("summary", String(repeating: "x", count: 999_950))
        try ContinuousIntegration.append(summary: "## Audit\n" + String(repeating: "y", count: 100), to: path)
        #expect(text().utf8.count == 999_950, "not even the note fits")
        try scratch.write("summary", String(repeating: "x", count: 999_900))
        try ContinuousIntegration.append(summary: "## Audit\n" + String(repeating: "y", count: 100), to: path)
        #expect(text().hasSuffix("found no room here.\n") && text().utf8.count <= 1_000_000)
        #expect(throws: AuditError.self) {
            try ContinuousIntegration.append(summary: "x", to: scratch.path + "/absent/summary")
        }
    }

    @Test func whatEndsARunIsAnAnnotationInGitHubAlone() {
        #expect(GitHubAnnotations.failure("x", environment: [:]) == nil)
        let command = GitHubAnnotations.failure("a\n::error::b 5 %", environment: ["GITHUB_ACTIONS": "true"])
        #expect(command == "::error title=trainaudit could not be completed::a ::error::b 5 %25")
    }

    @Test func aRefusalIsToldInTheSystemsWords() throws {
        let scratch = try Scratch()
        try scratch.write("file", "x")
        let error = #expect(throws: AuditError.self) { try ReportWriter.prepare(scratch.path + "/file/report") }
        #expect(error?.description.contains("/file is a file and no folder") == true, "\(error?.description ?? "")")
    }

    @Test func filesOfAnEarlierReportDoNotStay() async throws {
        let scratch = try Scratch()
        let losses = (0..<60).map { "step:\($0) train loss:\(4 - Double($0) / 60)" }
        try scratch.write("train.log", losses.joined(separator: "\n") + "\n")
        try scratch.write("audit.yaml", "run: r\nlogs: [train.log]\n")
        let outcome = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited()
        let stale = ["gradient-norm.svg", "lr-scatter.svg", "plots/finding-7.svg", CodeQuality.fileName]
        for name in stale + ["mine.svg", "plots/mine.svg", "loss-scale.svg"] { try scratch.write("out/" + name, "x") }
        try scratch.write(
            "out/report.json",
            #"{"report": ["gradient-norm.svg", "lr-scatter.svg", "gl-code-quality-report.json"]}"#
        )
        let report = try ReportWriter.write(outcome, to: scratch.path + "/out")
        for name in stale where !report.files.contains(name) {
            #expect(scratch.data("out/" + name) == nil, "\(name)")
        }
        #expect(scratch.data("out/mine.svg") != nil && scratch.data("out/plots/mine.svg") != nil)
        #expect(scratch.data("out/loss-scale.svg") != nil, "no report listed it: somebody put it there")
    }

    @Test func aBaselineIsReadOrSaysWhatIsWrong() throws {
        let read = { (text: String) throws in try BaselineReader.parse(text: text, path: "baseline.yaml") }
        let entry = "accept:\n  - finding: loss-spike-3\n    until: 2028-02-29\n    reason: known\n"
        #expect(
            try read(entry).entries == [.init(subject: .finding("loss-spike-3"), until: "2028-02-29", reason: "known")]
        )
        #expect(try read("accept: []\n").entries.isEmpty)
        for (text, told) in [
            ("", "accept"), ("# nothing\n", "accept: []"), ("---\n", "accept: []"), ("acept: []\n", "acept"),
            (entry.replacing("2028-02-29", with: "2027-02-29"), "2027-02-29"),
            (entry.replacing("    reason: known\n", with: ""), "reason"), (entry + "    shard: a.bin\n", "shard"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try read(text) }
            #expect(error?.description.contains(told) == true, "\(error?.description ?? "")")
            #expect(error?.description.contains("`run:`") == false)
        }
        #expect(BaselineReader.today(["SOURCE_DATE_EPOCH": "315532800"]) == "1980-01-01")
        #expect(BaselineReader.fixedDay([:]) == nil)
    }
}

import AuditPipeline
import Testing

@Suite struct CommandTextTests {
    private func commands(_ path: String) -> CommandText {
        var configuration = AuditConfiguration(run: "a", logs: ["train.log"], base: "/runs/a")
        configuration.shards.manifest = "shards.lock.json"
        configuration.shards.directory = "my data"
        configuration.shards.source = "https://example.org/d/"
        return CommandText(configuration, path: path)
    }

    @Test func commandsCanBePastedWhereTheAuditWasStarted() {
        let text = commands("runs/a/audit.yaml").fill(
            "Replace it with `trainaudit verify MANIFEST --repair`; `trainaudit replay --step 7`, `trainaudit plot LOG`."
        )
        #expect(
            text == "Replace it with `trainaudit verify runs/a/shards.lock.json --directory 'runs/a/my data' --repair "
                + "--source https://example.org/d/`; `trainaudit replay --config runs/a/audit.yaml --step 7`, "
                + "`trainaudit plot runs/a/train.log`."
        )
    }

    @Test func theDefaultConfigurationNeedsNoOption() {
        #expect(commands("audit.yaml").fill("trainaudit trace --step 7") == "trainaudit trace --step 7")
        #expect(commands("audit.yaml").verify == "trainaudit verify shards.lock.json --directory 'my data'")
    }
}

extension CommandTextTests {
    @Test func commandsThatWouldFailBecomeAdvice() {
        var commands = commands("audit.yaml")
        commands.canReplay = false
        commands.canTrace = false
        #expect(
            commands.fill("`trainaudit replay --step 7 --precision fp16`, and again")
                == "rerun step 7 in the trainer, from the last checkpoint before it, and again"
        )
        #expect(commands.fill("`trainaudit trace --step 7`") == "find out in the trainer which data step 7 read")
    }
}

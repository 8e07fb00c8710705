import ArgumentParser
import Foundation

/// Prints the manual page, made from the same declarations as the help. `make install` calls it.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page, in the language of man(7).",
        shouldDisplay: false
    )

    func run() throws {
        let tool = try JSONDecoder().decode(ManualPage.Tool.self, from: Data(TrainAudit._dumpHelp().utf8))
        let page = ManualPage(command: tool.command, version: TrainAudit.configuration.version)
        try CommonOptions.print(page.text)
    }
}

/// A manual page of a command and its subcommands.
struct ManualPage {
    struct Tool: Decodable {
        var command: Command
    }

    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var arguments: [Argument]?
        var subcommands: [Command]?
        var shouldDisplay: Bool?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }
        var kind: String
        var abstract: String?
        var defaultValue: String?
        var valueName: String?
        var allValues: [String]?
        var names: [Name]?
        var isOptional: Bool?
        var isRepeating: Bool?
        var shouldDisplay: Bool?
    }

    var command: Command
    var version: String

    /// The page. It carries no date, so that it is the same on every build.
    var text: String {
        let name = command.commandName
        var lines: [String] = [".TH \(name.uppercased()) 1 \"\" \"\(name) \(version)\" \"User Commands\""]
        lines += [".SH NAME", Self.escape("\(name) - \(command.abstract ?? "")")]
        lines += [".SH SYNOPSIS", ".B \(name)", ".I command", "[options]"]
        lines += [".SH DESCRIPTION"] + Self.paragraphs(command.discussion)
        lines.append(".SH COMMANDS")
        for command in command.subcommands ?? [] where command.shouldDisplay != false && command.commandName != "help" {
            lines += section(command)
        }
        lines += [
            ".SH EXIT STATUS", ".TP", ".B 0", "Clean.", ".TP", ".B 1", "Findings at or above \\-\\-fail\\-on.", ".TP",
            ".B 2", "The audit could not be completed.", ".TP", ".B 64", "Usage.", ".TP", ".B 130", "Interrupted.",
            ".SH ENVIRONMENT", ".TP", ".B NO_COLOR", "No colour, when set to anything.", ".TP",
            ".B GITHUB_STEP_SUMMARY",
            "The file that audit appends its Markdown summary to.", ".TP", ".B GITHUB_ACTIONS, GITLAB_CI",
            "When true, audit writes annotations, or a Code Quality report.", ".TP", ".B SOURCE_DATE_EPOCH",
            "The day on which a baseline is judged; today when unset.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ command: Command) -> [String] {
        let shown = (command.arguments ?? []).filter { $0.shouldDisplay != false }
        let operands = shown.filter { $0.kind == "positional" }.map { argument in
            let name = (argument.valueName ?? "value").uppercased() + (argument.isRepeating == true ? "..." : "")
            return argument.isOptional == true ? "[\(name)]" : name
        }
        var lines: [String] = [
            ".SS \"\(Self.escape(([command.commandName, "[options]"] + operands).joined(separator: " ")))\""
        ]
        lines += Self.paragraphs(command.abstract) + Self.paragraphs(command.discussion)
        for argument in shown where argument.names?.first?.name != "help" && argument.names?.first?.name != "version" {
            lines += [".TP", ".B \(Self.escape(Self.heading(argument)))"]
            var text = argument.abstract ?? ""
            if let values = argument.allValues, !values.isEmpty {
                text += " One of: \(values.joined(separator: ", "))."
            }
            if let value = argument.defaultValue, argument.kind != "flag" { text += " Default: \(value)." }
            lines.append(Self.escape(text.trimmingCharacters(in: .whitespaces)))
        }
        return lines
    }

    private static func heading(_ argument: Argument) -> String {
        guard argument.kind != "positional" else { return (argument.valueName ?? "value").uppercased() }
        let order = ["short", "long", "longWithSingleDash"]
        let names = (argument.names ?? []).sorted { one, other in
            (order.firstIndex(of: one.kind) ?? 3) < (order.firstIndex(of: other.kind) ?? 3)
        }
        let text = names.map { ($0.kind == "long" ? "--" : "-") + $0.name }.joined(separator: ", ")
        return argument.kind == "option" ? text + " " + (argument.valueName ?? "value").uppercased() : text
    }

    /// Paragraphs of a text; indented lines stay as they are.
    private static func paragraphs(_ text: String?) -> [String] {
        var lines: [String] = []
        var isExample = false
        for line in (text ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            let isIndented = line.hasPrefix("  ")
            if isIndented != isExample {
                lines.append(isIndented ? ".EX" : ".EE")
                isExample = isIndented
            }
            lines.append(line.isEmpty ? ".PP" : escape(String(line)))
        }
        return (isExample ? lines + [".EE"] : lines) + (lines.isEmpty ? [] : [".PP"])
    }

    /// Backslashes and hyphens are roff's own, and so is a dot or quote at the start of a line.
    private static func escape(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}

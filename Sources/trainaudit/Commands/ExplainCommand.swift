import ArgumentParser
import Guide
import Reporting

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "The guide's page on a symptom or cause."
    )

    @Argument(help: "The id of a symptom or cause, such as loss-spike or corrupt-shard; `list` lists all.")
    var id = "list"

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard id == "list" || Guide.page(id: id) != nil else {
            throw ValidationError("there is no page \"\(id)\"; `trainaudit explain list` lists all.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            if id == "list" {
                let document = ExplainList(pages: (Guide.pages + Guide.articles).map(\.id))
                try common.write(document) { _ in
                    (Guide.pages + Guide.articles).map { "\($0.id)\n    \($0.abstract)\n" }.joined()
                }
            } else if let page = Guide.page(id: id) {
                let document = ExplainPage(id: page.id, title: page.title, text: page.markdown)
                try common.write(document) { page.plainText(width: $0.width) }
            }
        }
    }
}

/// The machine-readable result of `explain list`.
private struct ExplainList: Encodable {
    var schema = "trainaudit.explain-list/1"
    var pages: [String]
}

/// The machine-readable result of `explain ID`.
private struct ExplainPage: Encodable {
    var schema = "trainaudit.explain/1"
    var id: String
    var title: String
    var text: String
}

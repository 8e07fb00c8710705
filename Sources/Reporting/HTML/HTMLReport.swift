import Mustache
import TrainingLogs

/// The report as one HTML file that needs nothing else: no script, no network, no other file.
///
/// It is well-formed XML too, carries its own content security policy, and escapes everything that comes from logs,
/// shards and configurations.
package enum HTMLReport {
    /// The file.
    /// - Throws: `EncodingError` from a plot, a template error for a broken built-in template.
    package static func text(_ report: AuditReport, history: TrainingHistory?, plots: PlotSet? = nil) throws
        -> String
    {
        let partials = try templates([
            ("finding", PackageResources.finding_mustache),
            ("cause", PackageResources.cause_mustache),
            ("replay", PackageResources.replay_mustache),
            ("shards", PackageResources.shards_mustache),
            ("comparison", PackageResources.comparison_mustache),
            ("curves", PackageResources.curves_mustache),
            ("checkpoints", PackageResources.checkpoints_mustache),
            ("guide", PackageResources.guide_mustache),
        ])
        let page = try template(PackageResources.report_mustache)
        let view = try ReportView(report, history: history, plots: plots ?? PlotSet(report, history: history))
        return page.render(view, library: MustacheLibrary(templates: partials))
    }

    private static func templates(_ sources: [(String, [UInt8])]) throws -> [String: MustacheTemplate] {
        try Dictionary(sources.map { ($0, try template($1)) }, uniquingKeysWith: { first, _ in first })
    }

    private static func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
        // The library's own HTML escaping works on whole characters and misses a bracket that carries a combining mark.
        MustacheContentTypes.register(XMLContentType(), named: "XML")
        // Every template asks for it by itself, because a partial does not inherit it.
        return try MustacheTemplate(string: "{{% CONTENT_TYPE:XML}}" + Resource.text(bytes))
    }
}

/// Escaping by Unicode scalar, for text and for quoted attributes.
struct XMLContentType: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

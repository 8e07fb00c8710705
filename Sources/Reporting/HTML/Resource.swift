/// The files of `Resources`, built into the library.
package enum Resource {
    /// The style sheet of the plots.
    package static let plotStyle = text(PackageResources.plot_css)
    /// The style sheet of the HTML report.
    package static let reportStyle = text(PackageResources.report_css)

    package static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

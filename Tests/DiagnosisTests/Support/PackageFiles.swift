import Foundation

/// The files of the package: for tests of what no type can hold.
enum PackageFiles {
    /// The package's folder, found from this file in `Tests/DiagnosisTests/Support`.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The text of a file; `nil` where there is none.
    /// - Parameter path: Its path below the package's folder.
    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The files below a folder, by path below the package's folder, in order.
    static func files(below folder: String, ending suffix: String) -> [(path: String, text: String)] {
        let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap {
            $0 as? String
        }
        return (names ?? []).filter { $0.hasSuffix(suffix) }.sorted().compactMap { name in
            let path = "\(folder)/\(name)"
            return text(path).map { (path, $0) }
        }
    }
}

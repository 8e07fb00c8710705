import Foundation
import PackagePlugin

/// Turns the Markdown files of a target into a Swift file of the same target, so that no list of them is kept by hand.
@main struct EmbedGuide: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let pages = target.sourceModule?.sourceFiles(withSuffix: ".md").map(\.url) ?? []
        let script = context.package.directoryURL.appending(path: "Scripts/embed-guide.sh")
        let file = context.pluginWorkDirectoryURL.appending(path: "GuideFiles.swift")
        return [
            // A script, since a tool in Swift would be linked with libFuzzer, and its main, where Fuzz/run.sh builds.
            .buildCommand(
                displayName: "Embedding \(pages.count) pages in \(target.name)",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, target.directoryURL.appending(path: "Pages").path, file.path],
                inputFiles: [script] + pages,
                outputFiles: [file]
            )
        ]
    }
}

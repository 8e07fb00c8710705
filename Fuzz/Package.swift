// swift-tools-version: 6.2
import PackageDescription

/// A libFuzzer target for each parser of bytes that TrainAudit did not write. Build with `--sanitize fuzzer`, as run.sh does:
/// it instruments the dependencies too, and links the library that brings main.
let parsers = ["log", "manifest", "checkpoint", "configuration", "shard", "tokenizer", "tracker"]

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "trainaudit", path: "..")],
    targets: parsers.map { parser in
        .executableTarget(
            name: "fuzz-\(parser)",
            dependencies: [.product(name: "TrainAuditStages", package: "trainaudit")],
            path: "Sources/\(parser)",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .unsafeFlags(["-parse-as-library"]),
            ]
        )
    },
    swiftLanguageModes: [.v6]
)

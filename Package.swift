// swift-tools-version: 6.2
import PackageDescription

/// The stages that the pipeline brings together.
let stages = [
    "Reporting", "Diagnosis", "TrainingLogs", "DataOrder", "Parquet", "Shards", "Replay", "Terms", "Tokenization",
]
let stageTargets: [Target.Dependency] = stages.map { .target(name: $0) }

let package = Package(
    name: "trainaudit",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "trainaudit", targets: ["trainaudit"]),
        // For the packages of benchmarks and fuzz targets.
        .library(name: "TrainAuditStages", targets: ["AuditPipeline"] + stages),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        .executableTarget(
            name: "trainaudit",
            dependencies: stageTargets + [
                "AuditPipeline", "Drills", "Guide",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "AuditPipeline",
            dependencies: stageTargets + ["Yams", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        // Trains small models for real with one known fault, audits them, and counts how often the audit is right.
        .target(name: "Drills", dependencies: stageTargets + ["AuditPipeline"]),
        .target(
            name: "Reporting",
            dependencies: [
                "Diagnosis", "Guide", "Replay", "Terms", "TrainingLogs", "XMLCoder",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Resources")]
        ),
        .target(name: "Diagnosis", dependencies: ["Terms", "TrainingLogs"]),
        // The pages that `explain` prints and reports quote: links into the catalogue, made Swift text by the plugin.
        .target(name: "Guide", dependencies: ["Diagnosis"], plugins: ["EmbedGuide"]),
        .plugin(name: "EmbedGuide", capability: .buildTool()),
        .target(name: "TrainingLogs", dependencies: ["CZlib", "CZstd", "Terms"]),
        .target(name: "DataOrder", dependencies: ["Terms"]),
        // Reads Parquet files: our own reader, over whatever gives it bytes.
        .target(name: "Parquet", dependencies: ["Terms", "CBrotli", "CLZ4", "CZlib", "CZstd"]),
        .target(
            name: "Shards",
            dependencies: [
                "Parquet", "Terms",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "GRDB", package: "GRDB.swift"),
                "SwiftCSV", "Yams",
                "CBrotli", "CZlib", "CZstd",
            ]
        ),
        .target(name: "Replay", dependencies: ["CFileMapping", "CTransformer", "CZlib", "Pickle"]),
        // The words and small tools that every room shares.
        .target(name: "Terms"),
        // Keeps a mapped file that is cut while it is read from ending the process.
        .target(name: "CFileMapping"),
        // Reads pickles without running them, for checkpoints and tokenizers.
        .target(name: "Pickle"),
        .target(name: "Tokenization", dependencies: ["Pickle"]),
        .target(
            name: "CTransformer",
            dependencies: [.target(name: "COpenBLAS", condition: .when(platforms: [.linux]))],
            linkerSettings: [.linkedFramework("Accelerate", .when(platforms: [.macOS]))]
        ),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(
            name: "CBrotli",
            pkgConfig: "libbrotlidec",
            providers: [.apt(["libbrotli-dev"]), .brew(["brotli"])]
        ),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .testTarget(
            name: "AuditPipelineTests",
            dependencies: stageTargets + ["AuditPipeline", "Drills", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "CTransformerTests", dependencies: ["CTransformer"]),
        .testTarget(name: "DataOrderTests", dependencies: ["DataOrder", "Terms"], exclude: ["Fixtures"]),
        .testTarget(name: "DiagnosisTests", dependencies: ["Diagnosis", "Guide", "Terms", "TrainingLogs"]),
        .testTarget(name: "DrillsTests", dependencies: stageTargets + ["AuditPipeline", "Drills"]),
        .testTarget(name: "GuideTests", dependencies: ["Guide", "Diagnosis"]),
        .testTarget(name: "ParquetTests", dependencies: ["Parquet", "Terms"], exclude: ["Fixtures"]),
        .testTarget(name: "ReplayTests", dependencies: ["Replay"], exclude: ["Fixtures"]),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Reporting", "Diagnosis", "Terms", "TrainingLogs"],
            exclude: ["Fixtures", "Golden"]
        ),
        .testTarget(
            name: "ShardsTests",
            dependencies: [
                "Shards", "Terms",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "TokenizationTests", dependencies: ["Tokenization"], exclude: ["Fixtures"]),
        .testTarget(name: "TrainingLogsTests", dependencies: ["TrainingLogs", "Terms", "CZlib", "CZstd"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// Warnings are errors in CI, and there only: a newer compiler must not break a user's build. Tests are left out, since
// the macros of Swift Testing expand to code that warns.
let isStrict = Context.environment["TRAINAUDIT_STRICT"] == "1"

for target in package.targets where ![.system, .plugin].contains(target.type) {
    let isStrict = isStrict && target.type != .test
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])
    if isStrict { target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)] }
}

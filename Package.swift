// swift-tools-version: 6.2
import PackageDescription

/// The guide's pages that `explain` prints, embedded in the binary.
let guidePages: [String] =
    [
        "loss-spike", "loss-divergence", "slow-rise", "loss-plateau", "loss-flat", "loss-constant",
        "loss-collapse", "loss-dip", "loss-step-up", "slow-learning", "loss-nonfinite", "loss-oscillation",
        "loss-staircase", "overfitting", "underfitting", "epoch-jump", "initial-loss-off",
        "final-loss-high", "gradient-explosion", "gradient-vanishing", "gradient-at-clip", "schedule-jump",
        "schedule-misaligned", "loss-scale-collapse", "weight-norm-drift", "resume-jump", "run-aborted",
        "log-gap",
    ].map { "Symptoms/\($0).md" }
    + [
        "corrupt-shard", "outlier-batch", "duplicate-batch", "duplicate-shard", "data-order",
        "data-exhaustion", "learning-rate-high", "learning-rate-low", "learning-rate-zero",
        "warmup-missing", "warmup-endless", "schedule-bug", "step-decay", "gradient-clipping-missing",
        "clip-threshold", "precision-overflow", "log-of-zero", "nonfinite-weights", "attention-unscaled",
        "optimizer-not-stepping", "detached-gradient", "targets-misaligned", "initialization",
        "capacity-limit", "overfit", "underfit", "batch-too-small", "weight-decay", "dead-units",
        "optimizer-state", "hardware-fault", "resume-discontinuity",
    ].map { "Causes/\($0).md" }
    + ["Guides/Configuration.md"]

let package = Package(
    name: "trainaudit",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "trainaudit", targets: ["trainaudit"]),
        // The stages, for the packages of benchmarks and fuzz targets.
        .library(
            name: "TrainAuditStages",
            targets: [
                "AuditPipeline", "Reporting", "Diagnosis", "TrainingLogs", "DataOrder", "Parquet", "Shards", "Replay",
                "Terms", "Tokenization",
            ]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
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
            dependencies: [
                "AuditPipeline", "Reporting", "Diagnosis", "TrainingLogs", "DataOrder", "Shards", "Replay",
                "Terms", "Tokenization",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "AuditPipeline",
            dependencies: [
                "Reporting", "Diagnosis", "TrainingLogs", "DataOrder", "Parquet", "Shards", "Replay", "Terms",
                "Tokenization", "Yams",
            ]
        ),
        .target(
            name: "Reporting",
            dependencies: [
                "Diagnosis", "Terms", "TrainingLogs", "XMLCoder",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [
                "cause.mustache", "checkpoints.mustache", "comparison.mustache", "curves.mustache", "finding.mustache",
                "guide.mustache",
                "plot.css",
                "replay.mustache", "report.css", "report.mustache",
                "shards.mustache",
            ].map { .embedInCode("Resources/\($0)") }
        ),
        // Rooted at the package so that the DocC catalog at the top level belongs to it:
        // the guide then builds without compiling the network stack.
        .target(
            name: "Diagnosis",
            dependencies: ["Terms", "TrainingLogs"],
            path: ".",
            exclude: [
                "Benchmarks", "CHANGELOG.md", "Examples", "Fuzz", "LICENSE", "Makefile", "README.md", "Reports",
                "Scripts",
                "Sources/AuditPipeline", "Sources/CBrotli", "Sources/CFileMapping", "Sources/CLZ4", "Sources/COpenBLAS",
                "Sources/CTransformer",
                "Sources/CZlib", "Sources/CZstd",
                "Sources/DataOrder", "Sources/Parquet", "Sources/Pickle", "Sources/Replay", "Sources/Reporting",
                "Sources/Shards",
                "Sources/Terms", "Sources/Tokenization", "Sources/TrainingLogs",
                "Sources/trainaudit", "Tests",
            ],
            sources: ["Sources/Diagnosis"],
            resources: guidePages.map { .embedInCode("Documentation.docc/\($0)") }
        ),
        .target(
            name: "TrainingLogs",
            dependencies: ["CZlib", "CZstd", "Terms", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Protobuf/events.proto"]
        ),
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
        .systemLibrary(
            name: "CLZ4",
            pkgConfig: "liblz4",
            providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
        ),
        .systemLibrary(
            name: "CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]
        ),

        .testTarget(
            name: "AuditPipelineTests",
            dependencies: [
                "AuditPipeline", "DataOrder", "Diagnosis", "Replay", "Reporting", "Shards", "Terms", "TrainingLogs",
            ],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "CTransformerTests", dependencies: ["CTransformer"]),
        .testTarget(name: "DataOrderTests", dependencies: ["DataOrder", "Terms"], exclude: ["Fixtures"]),
        .testTarget(name: "DiagnosisTests", dependencies: ["Diagnosis", "Terms", "TrainingLogs"]),
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

for target in package.targets where target.type != .system {
    let isStrict = isStrict && target.type != .test
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])
    if isStrict { target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)] }
}

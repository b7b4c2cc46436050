// swift-tools-version: 6.2

import PackageDescription

/// The settings of all targets of this package: Swift 6, explicit `any`, imports that are
/// internal by default, and no warning.
let rules: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

extension Target.Dependency {
  static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let configuration = product(name: "Configuration", package: "swift-configuration")
  static let coreMetrics = product(name: "CoreMetrics", package: "swift-metrics")
  static let crypto = product(name: "Crypto", package: "swift-crypto")
  static let grdb = product(name: "GRDB", package: "GRDB.swift")
  static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
  static let logging = product(name: "Logging", package: "swift-log")
  static let mustache = product(name: "Mustache", package: "swift-mustache")
  static let nioCore = product(name: "NIOCore", package: "swift-nio")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let serviceLifecycle = product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
  static let system = product(name: "SystemPackage", package: "swift-system")
  static let tracing = product(name: "Tracing", package: "swift-distributed-tracing")
  static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let yams = product(name: "Yams", package: "Yams")
}

/// A room of level 3: one service's composition, rules, tables, reactions and pages.
func room(_ name: String, extra: [Target.Dependency] = []) -> Target {
  .target(
    name: name,
    dependencies: ["Schema", "Daemon"] + extra,
    resources: [.embedInCode("Templates")],
    swiftSettings: rules)
}

/// An executable of level 4: a main of a few lines.
func executable(_ name: String, runs room: String, extra: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: [.target(name: room)] + extra, swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: rules)
}

let package = Package(
  name: "eventually",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "ZeroMQ", targets: ["ZeroMQ"]),
    .library(name: "Runtime", targets: ["Runtime"]),
    .library(name: "Events", targets: ["Events"]),
    .library(name: "Versions", targets: ["Versions"]),
    .library(name: "Schema", targets: ["Schema"]),
    .library(name: "Journal", targets: ["Journal"]),
    .library(name: "Courier", targets: ["Courier"]),
    .library(name: "Daemon", targets: ["Daemon"]),
    .library(name: "RoomTesting", targets: ["RoomTesting"]),
    .executable(name: "alphad", targets: ["alphad"]),
    .executable(name: "betad", targets: ["betad"]),
    .executable(name: "charlied", targets: ["charlied"]),
    .executable(name: "overlordd", targets: ["overlordd"]),
    .executable(name: "eventually", targets: ["eventually"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0",
      traits: ["CommandLineArguments"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    // L0: what a fact is; bytes on a socket.
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    // Accepts libzmq's connections under limits; counts the heap; seeds the random numbers.
    .target(name: "CProcess"),
    .target(name: "ZeroMQ", dependencies: ["CProcess", "CZeroMQ"], swiftSettings: rules),
    // Bare libzmq, beside which `eventually bench wire` measures the binding.
    .target(name: "CWireBench", linkerSettings: [.linkedLibrary("zmq")]),
    .target(name: "Runtime", swiftSettings: rules),
    .target(name: "Events", dependencies: ["Runtime", .crypto], swiftSettings: rules),

    // L1: pinned versions; this system's facts; a service's one database.
    .target(name: "Versions", dependencies: ["Events", "Runtime"], swiftSettings: rules),
    .target(
      name: "Schema", dependencies: ["Events", "Runtime", "Versions"],
      resources: [.embedInCode("Golden"), .embedInCode("Schema.lock")], swiftSettings: rules),
    // libpq, loaded when a journal is in PostgreSQL.
    .target(name: "CPostgreSQL"),
    .target(
      name: "Journal", dependencies: ["CPostgreSQL", "Events", "Runtime", .grdb, .grdbSQLite],
      swiftSettings: rules),

    // L2: journal to wire and back; the process shell.
    .target(
      name: "Courier",
      dependencies: [
        "Events", "Journal", "Runtime", "ZeroMQ", .logging, .serviceLifecycle,
      ],
      swiftSettings: rules),
    .target(
      name: "Daemon",
      dependencies: [
        "Courier", "Events", "Journal", "Runtime", "Versions", .configuration,
        .coreMetrics, .crypto, .httpTypes, .logging, .mustache, .nioCore,
        .nioHTTP1, .nioPosix, .serviceLifecycle, .tracing, .unixSignals, .yams,
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: rules),

    // For the tests of rooms, ours and other teams'.
    .target(
      name: "RoomTesting",
      dependencies: ["Daemon", "Events", "Journal", "Runtime", .httpTypes, .logging],
      swiftSettings: rules),

    // L3: the rooms.
    room("Alpha"),
    room("Beta"),
    room("Charlie", extra: ["Courier", .coreMetrics, .logging, .tracing]),
    room("Overlord"),
    .target(
      name: "CommandLineTool",
      dependencies: [
        "CWireBench", "Events", "Runtime", "Versions", "Schema", "Journal", "Courier", "Daemon",
        "ZeroMQ", .argumentParser, .logging, .nioCore, .nioHTTP1, .nioPosix, .subprocess, .system,
        .unixSignals,
      ],
      // A link to Tests/Tutorial: `eventually new service` writes the tutorial's own files.
      resources: [.embedInCode("New/Tutorial")], swiftSettings: rules),

    // L4: the executables.
    executable("alphad", runs: "Alpha"),
    executable("betad", runs: "Beta"),
    executable("charlied", runs: "Charlie"),
    executable("overlordd", runs: "Overlord"),
    // The installed program is this one alone, under five names.
    executable(
      "eventually", runs: "CommandLineTool",
      extra: ["Alpha", "Beta", "Charlie", "Daemon", "Overlord"]),

    // A server of PostgreSQL for tests, and the suite that each engine of a journal passes.
    .target(name: "PostgreSQLServer", path: "Tests/PostgreSQLServer", swiftSettings: rules),
    .executableTarget(
      name: "conformance-writer", dependencies: ["Events", "Journal", "Runtime"],
      path: "Tests/ConformanceWriter", swiftSettings: rules),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Alpha", "Beta", "Charlie", "Courier", "Daemon", "Events", "Journal", "Overlord",
        "PostgreSQLServer", "RoomTesting", "Runtime", "Schema", "conformance-writer", .httpTypes,
        .logging, .serviceLifecycle,
      ],
      path: "Tests/Conformance", swiftSettings: rules),

    // The deterministic simulation of all of it, and its proof.
    .target(
      name: "Simulation",
      dependencies: [
        "Alpha", "Beta", "Charlie", "Overlord", "Courier", "Daemon", "Events", "Journal",
        "Runtime", "Schema", "ZeroMQ", .crypto, .httpTypes, .logging,
      ],
      path: "Tests/Simulation", exclude: ["Mutations.txt"], swiftSettings: rules),
    .executableTarget(
      name: "simulate", dependencies: ["Simulation", .argumentParser],
      path: "Tests/SimulationCommand", swiftSettings: rules),
    tests("SimulationTests", ["Simulation", "simulate", "Events", "Journal", "Runtime"]),

    // A consumer in two builds, for the stories of versions.
    .executableTarget(
      name: "warehoused",
      dependencies: ["Schema", "Daemon"],
      path: "Tests/Warehouse", swiftSettings: rules),

    // Alpha's next version, beside which the present one runs while replicas are upgraded.
    .executableTarget(
      name: "alphad-next", dependencies: ["Alpha", "Daemon", "Schema"],
      path: "Tests/NextAlpha", swiftSettings: rules),

    tests("ZeroMQTests", ["ZeroMQ", "CProcess"]),
    tests("EventsTests", ["Events", "Runtime", "Versions"]),
    tests(
      "SchemaTests", ["Schema", "Events", "Runtime", "Versions"], resources: [.copy("Golden")]),
    tests("JournalTests", ["Journal", "Events", "RoomTesting", "Runtime", .grdb]),
    tests(
      "CourierTests",
      [
        "Courier", "Journal", "Events", "RoomTesting", "Runtime", "ZeroMQ", .logging,
        .serviceLifecycle,
      ]),
    tests(
      "DaemonTests",
      [
        "Courier", "Daemon", "Journal", "Events", "RoomTesting", "Runtime", .coreMetrics, .crypto,
        .httpTypes, .logging, .nioCore, .nioPosix, .serviceLifecycle, .tracing,
      ]),
    tests(
      "RoomTests",
      [
        "Alpha", "Beta", "Charlie", "Overlord", "Schema", "Journal", "Events", "Courier", "Daemon",
        "RoomTesting", "Runtime", "Versions", .coreMetrics, .grdb, .httpTypes, .logging,
        .serviceLifecycle,
      ]),
    tests(
      "CommandLineToolTests",
      [
        "CommandLineTool", "Courier", "Daemon", "Events", "Journal", "Runtime", "Schema",
        "Versions", .argumentParser,
      ],
      resources: [.copy("Golden")]),
    tests(
      "IntegrationTests",
      [
        "Events", "PostgreSQLServer", "Runtime", "Schema", "Versions", "ZeroMQ", "alphad",
        "alphad-next", "betad", "charlied", "overlordd", "eventually", "warehoused", "deltad",
        "doord", "counterd", .crypto, .grdb,
      ]),

    // The service of another team that the tutorial builds. It is a package of its own too, and so
    // may use public declarations only.
    .target(
      name: "Delta",
      dependencies: ["Schema", "Daemon"],
      path: "Tests/Tutorial/Sources/Delta",
      resources: [
        .embedInCode("Delta.lock"), .embedInCode("Golden"), .embedInCode("Templates"),
      ],
      packageAccess: false, swiftSettings: rules),
    .executableTarget(
      name: "deltad", dependencies: ["Delta", "Daemon"], path: "Tests/Tutorial/Sources/deltad",
      packageAccess: false, swiftSettings: rules),
    .testTarget(
      name: "DeltaTests", dependencies: ["Delta", "Schema", "Daemon", "RoomTesting"],
      path: "Tests/Tutorial/Tests/DeltaTests", packageAccess: false, swiftSettings: rules),
    // The two services of the documentation's first page, which too is a package of its own.
    .executableTarget(
      name: "doord", dependencies: ["Daemon"], path: "Tests/TwoServices/Sources/doord",
      packageAccess: false, swiftSettings: rules),
    .executableTarget(
      name: "counterd", dependencies: ["Daemon"], path: "Tests/TwoServices/Sources/counterd",
      packageAccess: false, swiftSettings: rules),

    // The examples with which the products' pages begin.
    .testTarget(
      name: "SnippetTests",
      dependencies: [
        "ZeroMQ", "Runtime", "Events", "Versions", "Schema", "Journal", "Courier", "Daemon",
        "RoomTesting", .logging,
      ],
      path: "Tests/Snippets", packageAccess: false, swiftSettings: rules),
    tests("TutorialTests", []),
    tests("TidyTests", []),
  ]
)

// The fuzz targets are built by `make fuzz` alone: they need the sanitizers' runtime.
if Context.environment["FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["Courier", "Daemon", "Events", "Journal", "Runtime", "Schema"],
      path: "Tests/Fuzz", exclude: ["Corpus"],
      swiftSettings: rules + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]))
}

// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "delta",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "deltad", targets: ["deltad"])],
  dependencies: [
    .package(name: "eventually", path: "../..")
  ],
  targets: [
    .target(
      name: "Delta",
      dependencies: [
        .product(name: "Schema", package: "eventually"),
        .product(name: "Daemon", package: "eventually"),
      ],
      resources: [
        .embedInCode("Delta.lock"), .embedInCode("Golden"), .embedInCode("Templates"),
      ]),
    .executableTarget(
      name: "deltad",
      dependencies: ["Delta", .product(name: "Daemon", package: "eventually")]),
    .testTarget(
      name: "DeltaTests",
      dependencies: [
        "Delta",
        .product(name: "Daemon", package: "eventually"),
        .product(name: "Schema", package: "eventually"),
        .product(name: "RoomTesting", package: "eventually"),
      ]),
  ]
)

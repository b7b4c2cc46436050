// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "delta",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "deltad", targets: ["deltad"])],
  dependencies: [
    .package(name: "eventually", path: "../.."),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
  ],
  targets: [
    .target(
      name: "Delta",
      dependencies: [
        .product(name: "Events", package: "eventually"),
        .product(name: "Schema", package: "eventually"),
        .product(name: "Journal", package: "eventually"),
        .product(name: "Courier", package: "eventually"),
        .product(name: "Daemon", package: "eventually"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
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
        .product(name: "Events", package: "eventually"),
        .product(name: "Schema", package: "eventually"),
        .product(name: "RoomTesting", package: "eventually"),
      ]),
  ]
)

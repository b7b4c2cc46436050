// swift-tools-version: 6.2

import PackageDescription

let daemon = Target.Dependency.product(name: "Daemon", package: "eventually")

let package = Package(
  name: "two-services",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "eventually", path: "../..")],
  targets: [
    .executableTarget(name: "doord", dependencies: [daemon]),
    .executableTarget(name: "counterd", dependencies: [daemon]),
  ]
)

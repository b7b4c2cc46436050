import Foundation
import Testing

/// The programs in other languages, and what they need.
enum Interop {
  /// The root of the sources.
  static let root = URL(fileURLWithPath: #filePath).appending(path: "../../../..").standardized.path
  /// The folder of the programs.
  static let folder = "\(root)/Tests/Interop"
  /// The interpreter with their libraries, which `make interop` installs.
  static let python = "\(root)/.build/interop/bin/python3"

  static let isInstalled = FileManager.default.isExecutableFile(atPath: python)
  static let remedy: Comment = "Python's libraries are not installed here: make interop"
}

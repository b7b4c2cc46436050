import Foundation
import Testing

/// The folder of the artefacts.
enum Screenshots {
  static let folder = ProcessInfo.processInfo.environment["BROWSER_SCREENSHOTS"]
    .flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
  static let remedy: Comment = "BROWSER_SCREENSHOTS names no folder for them"
}

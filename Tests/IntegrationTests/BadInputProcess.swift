import Foundation
import GRDB
import Testing

extension Deployment {
  /// Makes a file in the deployment's folder, with the folders above it.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try write(Data(text.utf8), to: name)
  }

  @discardableResult
  func write(_ data: Data, to name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try data.write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Runs a program to its end, and gives what it printed, on both channels.
  func outcome(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> (ending: Ending, text: String) {
    let child = try run(program, arguments, environment: environment)
    let ending = try await child.ending()
    return (ending, child.lines.all.map(\.text).joined(separator: "\n"))
  }
}

extension DaemonProcess {
  /// Expects that it ends with this status and one last line with these words.
  func expectRefusal(
    _ status: Int32 = 78, says words: String..., source: SourceLocation = #_sourceLocation
  ) async throws {
    let ending = try await child.ending()
    #expect(ending == .exited(status), "\(lines)", sourceLocation: source)
    let last = try #require(lines.last, sourceLocation: source)
    for word in words {
      #expect(last.message.contains(word), "\(last)", sourceLocation: source)
    }
    #expect(last.level == "critical", sourceLocation: source)
    #expect(last.message.hasSuffix("."), sourceLocation: source)
  }
}

/// A database that a stranger made.
func makeDatabase(_ path: String, _ statements: String...) throws {
  let database = try DatabaseQueue(path: path)
  for statement in statements {
    try database.write { try $0.execute(sql: statement) }
  }
  try database.close()
}

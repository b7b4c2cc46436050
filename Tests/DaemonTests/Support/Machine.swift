import Foundation

@testable import Daemon

/// A machine with a working directory, on which Delta is called.
struct Machine {
  let folder: String
  var arguments: [String] = []
  var environment: [String: String] = [:]

  func write(_ text: String, to path: String) throws {
    let path = "\(folder)/\(path)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  func load() throws(ConfigurationProblems) -> ServiceConfiguration {
    let table = ConfigurationTable(of: DeltaRoom.self)
    let invocation = Invocation(
      program: "deltad", arguments: arguments, environment: environment, folder: folder)
    return try .load(
      table, options: CommandLineOptions(arguments, table: table), invocation: invocation)
  }

  /// The sentences of what is wrong, and the exit status.
  func problems() -> (sentences: [String], status: Ending) {
    do {
      _ = try load()
      return ([], .good)
    } catch {
      return (error.problems.map(\.description), error.status)
    }
  }
}

func onMachine(_ body: (inout Machine) throws -> Void) async throws {
  try await withTemporaryFolder { folder in
    var machine = Machine(folder: folder)
    try body(&machine)
  }
}

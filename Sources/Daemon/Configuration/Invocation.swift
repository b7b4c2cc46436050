import FoundationEssentials

/// The invocation of a daemon: everything that the process passes, in one value.
struct Invocation: Sendable {
  /// The program's name, for messages: `alphad`.
  var program: String
  /// The arguments, without the program.
  var arguments: [String]
  /// The environment.
  var environment: [String: String]
  /// The working directory, from which relative paths are meant.
  var folder: String

  /// The call of this process.
  static func ofThisProcess() -> Invocation {
    let program = CommandLine.arguments.first?.split(separator: "/").last
    return Invocation(
      program: program.map(String.init) ?? "daemon",
      arguments: Array(CommandLine.arguments.dropFirst()),
      environment: ProcessInfo.processInfo.environment,
      folder: FileManager.default.currentDirectoryPath)
  }
}

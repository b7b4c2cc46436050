import Daemon
import FoundationEssentials

/// The folders of the system, as the daemons look for them too.
struct Folders: Sendable {
  /// The working directory, from which relative paths are meant.
  let working: String
  let environment: [String: String]
  let exists: @Sendable (String) -> Bool

  static let ofThisProcess = Folders(
    working: FileManager.default.currentDirectoryPath,
    environment: ProcessInfo.processInfo.environment,
    exists: { FileManager.default.fileExists(atPath: $0) })

  /// The state folder of `up`.
  func state(_ named: String?) -> String {
    absolute(named ?? ".eventually", in: working)
  }

  /// The folder of the sockets: the one named, else the one of the named state, else where the
  /// daemons look.
  func run(_ named: String?, state: String? = nil) -> String {
    runDirectory(
      named ?? state.map { $0 + "/run" }, environment: environment, folder: working,
      exists: exists)
  }
}

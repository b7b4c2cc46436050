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

  /// The folder of one service's state: in the named folder of `up`, or the named folder itself
  /// where it contains a journal; otherwise the folder of its daemon.
  func state(of service: String, named: String?) -> String {
    if let named {
      let folder = absolute(named, in: working)
      let isOwn = !exists("\(folder)/\(service)") && exists("\(folder)/\(Self.journal)")
      return isOwn ? folder : "\(folder)/\(service)"
    }
    if let own = environment["\(service.uppercased())_STATE"] { return absolute(own, in: working) }
    let local = state(nil)
    return "\(exists(local) ? local : "/var/lib/eventually")/\(service)"
  }

  /// The command that shows the state of a service's unit; nil where the services of this machine are
  /// not installed, or the service is none of them.
  func unitStatus(of service: ServiceClient) -> String? {
    let installed = "/run/eventually"
    guard run(nil) == installed, exists(installed), service.address.isOfThisMachine,
      let service = Service(rawValue: service.service)
    else { return nil }
    return "systemctl status \(service.program)"
  }

  /// The name of a journal's file in its service's folder.
  static let journal = "journal.sqlite"

  /// The folder of the sockets: the one named, else the one of the named state, else where the
  /// daemons look.
  func run(_ named: String?, state: String? = nil) -> String {
    runDirectory(
      named ?? state.map { $0 + "/run" }, environment: environment, folder: working,
      exists: exists)
  }
}

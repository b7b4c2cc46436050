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

  /// A path that a person typed, absolute.
  func absolute(_ path: String) -> String {
    let whole = path.hasPrefix("/") ? path : working + "/" + path
    // `..` is left to the kernel: a symbolic link before it changes what it means.
    return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  /// The state folder of `up`.
  func state(_ named: String?) -> String { absolute(named ?? ".eventually") }

  /// The folder of the sockets: the one named, else the one of the named state, else
  /// `EVENTUALLY_RUN`, else `./.eventually/run` if it exists, else `/run/eventually`.
  func run(_ named: String?, state: String? = nil) -> String {
    if let named { return absolute(named) }
    if let state { return absolute(state) + "/run" }
    if let named = environment["EVENTUALLY_RUN"], !named.isEmpty { return absolute(named) }
    let local = absolute(".eventually/run")
    return exists(local) ? local : "/run/eventually"
  }
}

/// The databases that a service may keep beside its journal, in its state folder.
package let databasesBesideJournal = ["gateway.sqlite"]

/// The folders of a daemon, made where they were missing, and locked for as long as this lives.
struct ServiceFolders: ~Copyable {
  private let state: FolderLock
  private let run: FolderLock
  private let events: FolderLock?
  private let log: FolderLock?

  /// The files of the locks, for ``FolderLock/markEnding(_:)``.
  let lockFiles: [Int32]

  /// - Throws: ``StartError`` when a folder cannot be written to; ``HeldLock`` when another daemon is
  ///   in it; ``StartFailure`` when the machine is out of something.
  init(_ configuration: ServiceConfiguration) throws {
    let service = configuration.service
    let stateFolder = configuration[StateKeys.folder]
    try makeFolder(
      stateFolder, mode: 0o750,
      remedy: "Name a state folder that this user can write to, with --state.")
    let stateLock = try FolderLock(
      stateFolder + "/lock", mode: 0o640,
      remedy: "Stop that process, or give this daemon a state folder of its own with --state.")
    try makeFolder(
      configuration.runFolder, mode: 0o770,
      remedy: "Name a run directory that this user can write to, with --run.")
    let runLock = try FolderLock(
      "\(configuration.runFolder)/\(service).lock", mode: 0o640,
      remedy: "Stop that process, or give this daemon another run directory with --run.")
    var files = [stateLock.file, runLock.file]
    let eventsLock = try FolderLock.ofSocket(
      BusKeys.events, configuration: configuration, addingTo: &files)
    let logLock = try FolderLock.ofSocket(
      BusKeys.log, configuration: configuration, addingTo: &files)
    try Self.requirePlainFiles(in: stateFolder)
    lockFiles = files
    state = stateLock
    run = runLock
    events = eventsLock
    log = logLock
  }

  /// The state folder itself may be a symbolic link, perhaps to a larger disk.
  ///
  /// Its databases may not: SQLite keeps files beside each, found by name, so that the second
  /// reader of a journal with two names damages it.
  private static func requirePlainFiles(in folder: String) throws {
    for path in MisownedFile.databases.map({ "\(folder)/\($0)" }) {
      try requirePlainFile(path, as: "a database")
      if let file = MisownedFile(unusable: path) { throw StartError("\(file)") }
    }
  }
}

extension FolderLock {
  /// A lock beside a socket that the service binds, at any configured path: binding would take the
  /// socket away from its owner, silently.
  ///
  /// Nil for a socket that is no file.
  fileprivate static func ofSocket(
    _ key: ConfigurationKey<String>, configuration: ServiceConfiguration,
    addingTo files: inout [Int32]
  ) throws -> FolderLock? {
    let endpoint = configuration[key]
    let name = "\(configuration.service).\(key.declaration.name)"
    guard endpoint.hasPrefix("ipc://") else { return nil }
    let path = String(endpoint.dropFirst("ipc://".count))
    let remedy =
      "Move it away, or give this daemon another socket: \(name)."
    try requireSocket(path, remedy: remedy)
    let lock = try FolderLock(
      path + ".lock", mode: 0o640,
      remedy: """
        Stop that process, or give this daemon another socket: \(name).
        """)
    files.append(lock.file)
    return lock
  }
}

/// The folders of a daemon, made where they were missing, and locked for as long as this lives.
struct ServiceFolders: ~Copyable {
  private let state: FolderLock
  private let run: FolderLock

  /// - Throws: ``StartError`` when a folder cannot be written to, or another daemon is in it.
  init(_ configuration: ServiceConfiguration) throws(StartError) {
    let service = configuration.service
    let stateFolder = configuration.string("state")
    let stateRemedy = """
      Stop that daemon, or give this one another state folder with --state; the folder must be \
      one that this user can write to.
      """
    try makeFolder(stateFolder, mode: 0o750, remedy: stateRemedy)
    let stateLock = try FolderLock(stateFolder + "/lock", mode: 0o640, remedy: stateRemedy)
    let runRemedy = """
      Stop that daemon, or give this one another run directory with --run; the folder must be \
      one that this user can write to.
      """
    try makeFolder(configuration.runFolder, mode: 0o770, remedy: runRemedy)
    let runLock = try FolderLock(
      "\(configuration.runFolder)/\(service).lock", mode: 0o640, remedy: runRemedy)
    state = stateLock
    run = runLock
  }
}

import Daemon
import FoundationEssentials

/// The programs of this installation, and their configuration.
struct Installation: Sendable {
  /// The folder of the running program, in which the daemons are too.
  let folder: String
  let folders: Folders

  /// The installation of the running program, also behind a symbolic link.
  static func ofThisProcess() throws(Failure) -> Installation {
    do {
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return Installation(folder: Self.parent(of: program), folders: .ofThisProcess)
    } catch {
      throw Failure(
        .configuration, "/proc/self/exe cannot be read (\(error)): is /proc mounted?")
    }
  }

  func daemon(_ service: Service) -> String { "\(folder)/\(service.program)" }

  /// The configuration file of a service: the working directory's, or the installation's.
  func configurationFile(_ service: Service) -> String? {
    let file = "\(service).yaml"
    return [
      absolute("config/\(file)", in: folders.working),
      Self.parent(of: folder) + "/etc/eventually/\(file)", "/etc/eventually/\(file)",
    ].first(where: folders.exists)
  }

  /// - Throws: 78, with the names of those that are not there.
  func checkDaemons() throws(Failure) {
    let missing = Service.allCases.map(daemon).filter { !folders.exists($0) }
    guard !missing.isEmpty else { return }
    throw Failure(
      .configuration,
      """
      there is no \(missing.joined(separator: ", no ")). Build everything with `swift build` (or \
      `make build`), or install it with `make install`.
      """)
  }

  private static func parent(of path: String) -> String {
    let parts = path.split(separator: "/").dropLast()
    return "/" + parts.joined(separator: "/")
  }
}

import Daemon
import FoundationEssentials
import Glibc

/// The files of one run of a benchmark: journals and sockets, in a folder of their own.
struct BenchFolder: Sendable {
  /// Absolute.
  let path: String

  /// The longest path of a socket address, in bytes.
  private static let longestSocket = 107

  /// Runs `body` with a new folder in `parent`, and removes it afterwards with all files in it.
  ///
  /// - Throws: 78, when the folder cannot be made or its sockets would have too long a path.
  static func with<Value>(
    in parent: String, _ body: (BenchFolder) async throws -> Value
  ) async throws -> Value {
    let folder = BenchFolder(path: try make(in: parent))
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.checkSockets()
    return try await body(folder)
  }

  private static func make(in parent: String) throws(Failure) -> String {
    let parent = absolute(parent, in: Folders.ofThisProcess.working)
    let remedy = "Name another folder with --folder."
    do {
      try makeFolder(parent, mode: 0o755, remedy: remedy)
    } catch {
      throw Failure(.configuration, "\(error)")
    }
    var template = Array("\(parent)/bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      let reason = String(cString: strerror(errno)).lowercased()
      throw Failure(.configuration, "no folder can be made in \(parent) (\(reason)). \(remedy)")
    }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The bytes of the files.
  var bytes: Int {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { sum, name in
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return sum + (attributes[.size] as? Int ?? 0)
      }
    }
  }

  /// The longest socket is that of a daemon under `orders`.
  private func checkSockets() throws(Failure) {
    let longest = "\(path)/run/overlord.events"
    guard longest.utf8.count > Self.longestSocket else { return }
    throw Failure(
      .configuration,
      """
      the socket \(longest) has a path of \(longest.utf8.count) bytes, and at most \
      \(Self.longestSocket) are possible. Name a shorter folder with --folder.
      """)
  }
}

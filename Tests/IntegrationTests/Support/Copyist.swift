import Events
import Foundation
import GRDB
import Glibc
import Testing

extension [String: String] {
  /// Alpha keeps its events for the follower in Python too, and takes its acknowledgements.
  static let withCopyist = [
    "ALPHA_CONSUMERS": "beta,charlie,overlord,settings-follower"
  ]
}

/// The follower in Python as a process, with the file in which it keeps its copy of the settings.
struct Copyist {
  private let file: String
  private let arguments: [String]
  private let folder: String
  private(set) var child: ChildProcess
  /// The versions that its earlier processes have printed.
  private var earlier: [Int64] = []

  init(in deployment: Deployment) throws {
    let alpha = "ipc://\(deployment.runFolder)/alpha"
    folder = deployment.folder
    file = folder + "/copy.sqlite"
    arguments = [
      Interop.folder + "/settings_follower.py", alpha + ".events", alpha + ".log", file,
    ]
    child = try ChildProcess(Interop.python, arguments, folder: folder)
  }

  /// SIGKILL, unless it has ended, and another process with the same file.
  mutating func startAgain() async throws {
    child.signal(SIGKILL)
    _ = try await child.ending()
    earlier = printed
    child = try ChildProcess(Interop.python, arguments, folder: folder)
  }

  /// The versions that it has printed, each when it was stored.
  var printed: [Int64] {
    let lines = child.lines.all.filter { $0.channel == .output }
    return earlier + lines.compactMap { $0.json["version"].int }
  }

  func takes(version: Int64) async throws {
    _ = try await child.line("version \(version)", within: .seconds(60)) {
      $0.channel == .output && $0.json["version"].int == version
    }
  }

  func takesSettingsInForce(at alpha: HTTPClient) async throws {
    try await takes(version: try #require(try await alpha.get("/api/settings").json["version"].int))
  }

  /// Waits until it has printed at least this number of further versions.
  func takes(more count: Int) async throws {
    let goal = child.lines.all.count + count
    while case let seen = child.lines.all.count, seen < goal {
      _ = try await child.line("another version", after: seen) { $0.channel == .output }
    }
  }

  /// Waits until it has ended, by itself, and expects why.
  func refuses(_ reason: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let ending = try await child.ending()
    #expect(ending == .exited(1), sourceLocation: sourceLocation)
    let last = child.lines.all.last { $0.channel == .error }?.text ?? ""
    #expect(last.hasPrefix(reason), "\(last)", sourceLocation: sourceLocation)
  }

  /// Its copy, by version.
  func copy() throws -> [Int64: JSON] {
    let rows = try DatabaseQueue(path: file).read { database in
      try Row.fetchAll(database, sql: "SELECT version, data FROM settings").map { row in
        (row["version"] as Int64, try JSON(Data((row["data"] as String).utf8)))
      }
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  /// Compares its copy with the settings in force and with their whole history.
  ///
  /// - Returns: the versions, in order.
  func checkCopy(
    with alpha: HTTPClient, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [Int64] {
    let copy = try copy()
    let history = try await alpha.settingsHistory()
    #expect(Set(copy.keys) == Set(history.keys), sourceLocation: sourceLocation)
    for (version, settings) in history {
      #expect(copy[version] == settings, sourceLocation: sourceLocation)
    }
    let versions = copy.keys.sorted()
    let settings = try await alpha.get("/api/settings").json
    #expect(versions.last.flatMap { copy[$0] } == settings, sourceLocation: sourceLocation)
    return versions
  }

  /// Waits until Alpha knows that it has everything; it acknowledges every second.
  func isAcknowledged(at alpha: HTTPClient) async throws {
    var lag: Int64?
    while lag != 0 {
      let consumers = try await alpha.get("/api/bus").json["consumers"].list
      lag = consumers.first { $0["name"] == "settings-follower" }?["lag"].int
    }
  }
}

/// Gives a test the follower, started, and ends it in any case.
func withCopyist(
  in deployment: Deployment, _ test: (inout Copyist) async throws -> Void
) async throws {
  var copyist = try Copyist(in: deployment)
  do {
    try await test(&copyist)
  } catch {
    copyist.child.signal(SIGKILL)
    throw error
  }
  copyist.child.signal(SIGKILL)
}

extension HTTPClient {
  /// Every version of the settings, as the change was answered.
  func settingsHistory() async throws -> [Int64: JSON] {
    var (history, next): ([Int64: JSON], String?) = ([:], "")
    while let before = next {
      let page = try await get("/api/settings/history?limit=500\(before)").json
      for entry in page["settings"].list {
        guard case .object(var members) = entry.value, let version = entry["version"].int else {
          throw WireFailure("this is no version of the settings: \(entry)")
        }
        // These only the history has.
        for name in ["requestId", "changedAt"] { members[name] = nil }
        history[version] = JSON(value: .object(members))
      }
      next = page["next"].string.map { "&before=\($0)" }
    }
    return history
  }
}

extension Deployment {
  private var backup: String { folder + "/a.sqlite" }

  func backUpAlpha() async throws {
    try await eventually("backup", "alpha", backup, "--state", folder)
  }

  func restoreAlpha() async throws {
    try await eventually("restore", "alpha", backup, "--state", folder)
  }
}

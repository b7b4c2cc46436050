import Events
import Foundation
import GRDB
import Glibc
import Testing

extension Stories {
  /// A service of somebody else's, in another language: `Tests/Interop/settings_follower.py`, which
  /// knows nothing but the page “Write a follower in any language”.
  @Suite(
    "Interop", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: Interop.isInstalled, Interop.remedy))
  struct ForeignFollower {
    @Test
    func `a follower in Python has every version once, whichever side is killed in the middle`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        try deployment.launch(.alpha)
        try await withCopyist(in: deployment) { copyist in
          for _ in 1...3 {
            let first = try await deployment.http(.alpha)
            async let lost: Void = changeSettings(500, at: first)
            try await copyist.takes(more: 20)
            try await deployment[.alpha].kill()
            try? await lost

            let second = try await deployment.launch(.alpha).http
            async let changes: Void = changeSettings(100, at: second)
            try await copyist.takes(more: 20)
            try await copyist.startAgain()
            try await changes
          }
          // One that it takes surely after its last start, and so tells.
          let alpha = try await deployment.http(.alpha)
          try await changeSettings(1, at: alpha)
          try await copyist.takesSettingsInForce(at: alpha)
          let versions = try await copyist.checkCopy(with: alpha)
          #expect(versions == Array(1000..<1000 + Int64(versions.count)))
          #expect(copyist.told == Set(copyist.told).sorted(), "none is taken twice")
          try await copyist.isAcknowledged(at: alpha)
        }
      }
    }

    @Test
    func `one that starts late fetches a long log in pieces`() async throws {
      try await withDeployment(environment: .withCopyist) { deployment in
        let alpha = try await deployment.launch(.alpha).http
        try await changeSettings(1100, byManyAt: alpha)
        try await withCopyist(in: deployment) { copyist in
          try await copyist.takes(version: 2100)
          #expect(try await copyist.checkCopy(with: alpha) == Array(1000...2100))
          #expect(copyist.told == Array(1000...2100))
        }
      }
    }

    @Test
    func `one that stands still misses what does not wait for it, and fetches that`() async throws {
      try await withDeployment(environment: .withCopyist) { deployment in
        let alpha = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await copyist.takes(version: 1000)
          copyist.child.signal(SIGSTOP)
          // Alpha keeps 4,096 messages for it, and drops what is more.
          try await changeSettings(4500, byManyAt: alpha)
          copyist.child.signal(SIGCONT)
          try await copyist.takes(version: 5500)
          #expect(try await copyist.checkCopy(with: alpha) == Array(1000...5500))
        }
      }
    }

    @Test
    func `one that stands still while its publisher is killed hears nothing of the next life`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        let first = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await copyist.takes(version: 1000)
          copyist.child.signal(SIGSTOP)
          try await changeSettings(50, at: first)
          try await deployment[.alpha].kill()
          let second = try await deployment.launch(.alpha).http
          // It cannot connect meanwhile, so these are sent to nobody.
          try await changeSettings(50, at: second)
          copyist.child.signal(SIGCONT)
          try await copyist.takes(version: 1100)
          #expect(try await copyist.checkCopy(with: second) == Array(1000...1100))
        }
      }
    }

    @Test
    func `one that meets another history exits with 1, says why, and leaves its copy as it is`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        let first = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await changeSettings(2, at: first)
          try await deployment.backUpAlpha()
          try await changeSettings(3, at: first)
          try await copyist.takes(version: 1005)
          try await deployment[.alpha].kill()

          try await deployment.restoreAlpha()
          let restored = try await deployment.launch(.alpha).http
          try await copyist.refuses("diverged: the ")
          let copy = try copyist.copy()
          #expect(copy.count == 6)

          try await changeSettings(5, at: restored)
          try await copyist.startAgain()
          try await copyist.refuses("diverged: the ")

          try await deployment.stop(.alpha)
          try FileManager.default.removeItem(atPath: deployment.stateFolder(.alpha))
          let another = try await deployment.launch(.alpha).http
          try await changeSettings(8, at: another)
          try await copyist.startAgain()
          try await copyist.refuses("epoch: the ")
          #expect(try copyist.copy() == copy)
        }
      }
    }

    @Test
    func `one that has nothing beyond the fork goes on by itself after a restore`() async throws {
      try await withDeployment(environment: .withCopyist) { deployment in
        let first = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await changeSettings(3, at: first)
          try await copyist.takes(version: 1003)
          try await deployment.backUpAlpha()
          try await deployment[.alpha].kill()
          try await deployment.restoreAlpha()

          let alpha = try await deployment.launch(.alpha).http
          try await changeSettings(3, at: alpha)
          try await copyist.takesSettingsInForce(at: alpha)
          // Alpha tells its settings again, under a version above any that it can have published.
          #expect(try await copyist.checkCopy(with: alpha).count == 8)
        }
      }
    }

    @Test
    func `one that does not hear a number asks for it, and stops before what it may not read`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        try await withForgedAlpha(in: deployment) { alpha in
          try await alpha.say(["version": 1])
          try await withCopyist(in: deployment) { copyist in
            try await alpha.isHeard()
            _ = try await alpha.questions.first(within: .seconds(20)) { $0["after"] == 1 }
            let asked = alpha.questions.all.count
            try await alpha.say(["version": 2])
            try await copyist.takes(version: 2)
            #expect(alpha.questions.all.count == asked, "what is heard is not asked for")

            try await alpha.say(["version": 3], isLost: true)
            try await alpha.say(["version": 4])
            try await copyist.takes(version: 4)
            #expect(alpha.questions.all.dropFirst(asked).first?["after"] == 2)

            try await alpha.say([:], as: "order.novel", version: 7, leastReader: 7)
            try await alpha.say(["version": 5, "novel": true], version: 2)
            try await copyist.takes(version: 5)
            try await alpha.say(["version": 6], version: 2, leastReader: 2)
            for _ in 1...2 {
              try await copyist.refuses("event 7 is for readers of version 2 and above")
              #expect(try copyist.copy().keys.sorted() == Array(1...5))
              #expect(copyist.told == Array(1...5))
              try await copyist.startAgain()
            }
          }
        }
      }
    }
  }
}

extension [String: String] {
  /// Alpha keeps its events for the follower in Python too, and takes its acknowledgements.
  fileprivate static let withCopyist = [
    "ALPHA_CONSUMERS": "beta,charlie,overlord,settings-follower"
  ]
}

/// The follower in Python as a process, with the file in which it keeps its copy of the settings.
private struct Copyist {
  private let file: String
  private let arguments: [String]
  private let folder: String
  private(set) var child: ChildProcess
  /// The versions that its earlier processes have told.
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
    earlier = told
    child = try ChildProcess(Interop.python, arguments, folder: folder)
  }

  /// The versions that it has told, each when it was kept.
  var told: [Int64] {
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

  /// Waits until it has told at least so many more.
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
private func withCopyist(
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
  /// Every version of the settings, as the change was told.
  fileprivate func settingsHistory() async throws -> [Int64: JSON] {
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

  fileprivate func backUpAlpha() async throws {
    try await eventually("backup", "alpha", backup, "--state", folder)
  }

  fileprivate func restoreAlpha() async throws {
    try await eventually("restore", "alpha", backup, "--state", folder)
  }
}

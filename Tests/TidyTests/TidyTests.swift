import Foundation
import Testing

/// The rules that keep the tree as it is: what may import what, where time comes from, and how long
/// things are.
@Suite(.timeLimit(.minutes(1)))
struct TidyTests {
  /// A source file with its lines.
  struct Source: CustomTestStringConvertible, Sendable {
    let path: String
    let lines: [String]
    let code: CodeText

    /// `Courier`, for `Sources/Courier/Driver/Waker.swift`.
    var module: String { String(path.split(separator: "/")[1]) }
    var testDescription: String { path }
  }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let sources: [Source] = {
    let folder = root.appending(path: "Sources")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
      .sorted { $0.path < $1.path }
      .compactMap { file in
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        return Source(
          path: String(file.path.dropFirst(root.path.count + 1)),
          lines: text.components(separatedBy: "\n"), code: CodeText(text))
      }
  }()

  // MARK: The floor plan

  /// The modules of the floor plan, the lowest level first.
  private static let levels: [[String]] = [
    ["CZeroMQ", "CPostgreSQL", "CProcess"], ["ZeroMQ", "Runtime"], ["Events"],
    ["Versions", "Journal"], ["Schema"],
    ["Courier"], ["Daemon"],
    ["RoomTesting", "Alpha", "Beta", "Charlie", "Overlord", "CommandLineTool"],
    ["alphad", "betad", "charlied", "overlordd", "eventually"],
  ]

  private static func level(of module: String) -> Int? {
    levels.firstIndex { $0.contains(module) }
  }

  private static func imports(of source: Source) -> [String] {
    source.lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1 else {
        return nil
      }
      return words[place + 1].split(separator: ".").first.map(String.init)
    }
  }

  @Test func `every module has a level, and imports point downwards`() {
    for source in Self.sources {
      guard let own = Self.level(of: source.module) else {
        Issue.record("\(source.module) is not in the floor plan")
        continue
      }
      for imported in Self.imports(of: source) {
        guard let level = Self.level(of: imported) else { continue }
        #expect(level < own, "\(source.path) imports \(imported)")
      }
    }
  }

  @Test func `GRDB stays in the folder of its engine`() {
    let files = Self.sources.filter { Self.imports(of: $0).contains("GRDB") }.map(\.path)
    #expect(!files.isEmpty)
    for file in files { #expect(file.hasPrefix("Sources/Journal/SQLite/")) }
  }

  @Test func `libpq stays in the folder of its engine`() {
    let files = Self.sources.filter { Self.imports(of: $0).contains("CPostgreSQL") }.map(\.path)
    #expect(!files.isEmpty)
    for file in files { #expect(file.hasPrefix("Sources/Journal/PostgreSQL/")) }
  }

  @Test func `the libraries know nothing of orders`() {
    let libraries: Set = [
      "ZeroMQ", "Runtime", "Events", "Versions", "Journal", "Courier", "Daemon",
    ]
    for source in Self.sources where libraries.contains(source.module) {
      for imported in Self.imports(of: source) {
        #expect(!["Schema", "Alpha", "Beta", "Charlie", "Overlord"].contains(imported))
      }
    }
  }

  // MARK: Time and randomness

  private static let clocks = [
    "AsyncTimerSequence", "Task.sleep", "asyncAfter", "ContinuousClock", "SuspendingClock",
    "DispatchTime.now", "makeTimerSource", "clock_gettime", "gettimeofday", "usleep", "nanosleep",
    "Date()", "Date.now", "UUID()", "SystemRandomNumberGenerator", "getentropy", "getrandom",
    "arc4random", ".shuffled()", ".randomElement()", "Int.random", "UInt64.random", "Double.random",
    "Bool.random",
  ]

  /// The files that may read a clock, wait or draw numbers, each with its reason.
  private static let mayWait = [
    "Sources/ZeroMQ/Poller/Poller.swift": "the thread that drives the sockets",
    "Sources/Runtime/RetryDriver.swift": "the driver of what is tried again",
    "Sources/Journal/Commit/WriterThread.swift": "the driver of group commit",
    "Sources/Courier/Driver/Waker.swift": "the daemons' driver",
    "Sources/Daemon/SystemRuntime.swift": "the composition's clock and randomness",
    "Sources/Charlie/EmbeddedGateway.swift": "a gateway that is slow on purpose",
    "Sources/CommandLineTool/Order/Patience.swift": "a command waits for services",
    "Sources/CommandLineTool/Output/Latch.swift": "a command waits for its own task",
    "Sources/CommandLineTool/Sniff/Sniff.swift": "a command waits for events",
    "Sources/CommandLineTool/Bench/Measure/Machine.swift": "a benchmark measures time",
    "Sources/CommandLineTool/Bench/Hop/HopProducer.swift": "a benchmark sends at a rate",
    "Sources/CommandLineTool/Bench/Wire/WireBinding.swift": "a benchmark waits for its peer",
    "Sources/CommandLineTool/Bench/Orders/OrdersLoad.swift": "a benchmark sends at a rate",
  ]

  @Test func `clocks, timers and randomness are in drivers and composition alone`() {
    var users: Set<String> = []
    for source in Self.sources {
      for (number, line) in source.code.lines.enumerated() {
        for clock in Self.clocks where line.contains(clock) {
          users.insert(source.path)
          if Self.mayWait[source.path] == nil {
            Issue.record("\(source.path):\(number + 1) uses \(clock)")
          }
        }
      }
    }
    #expect(users.isSuperset(of: Self.mayWait.keys), "an exemption is not needed any more")
  }

  // MARK: Size

  @Test func `a file has at most 300 lines`() {
    for source in Self.sources { #expect(source.lines.count <= 300, "\(source.path)") }
  }

  @Test(
    "the script of the pages and the README stay short",
    arguments: [("Sources/Daemon/Templates/page.js", 200), ("README.md", 327)])
  func short(path: String, limit: Int) throws {
    let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= limit)
  }

  @Test func `a function has at most 44 lines`() {
    for source in Self.sources {
      for (name, length) in Self.functions(of: source) {
        #expect(length <= 44, "\(source.path): \(name)")
      }
    }
  }

  /// The functions of a file with their lengths, by the indentation of their last brace.
  private static func functions(of source: Source) -> [(name: String, length: Int)] {
    var open: [(name: String, indentation: Int, line: Int)] = []
    var found: [(name: String, length: Int)] = []
    var isInProtocol = false
    for (number, line) in source.lines.enumerated() {
      let indentation = line.prefix { $0 == " " }.count
      if indentation == 0 { isInProtocol = line.contains("protocol ") }
      if let last = open.last, indentation == last.indentation,
        line.dropFirst(indentation).hasPrefix("}")
      {
        found.append((last.name, number - last.line + 1))
        open.removeLast()
      }
      if let name = line.firstMatch(of: /\b(?:func \w+|init[?]?[(<])/)?.output,
        !line.trimmingCharacters(in: .whitespaces).hasPrefix("/"), !line.contains("self.init"),
        !line.hasSuffix("}"), !isInProtocol
      {
        open.append((String(name), indentation, number))
      }
    }
    return found
  }
}

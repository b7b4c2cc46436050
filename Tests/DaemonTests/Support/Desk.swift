import Events
import Foundation
import HTTPTypes
import Journal
import Logging
import RoomTesting
import Runtime
import Synchronization

@testable import Daemon

/// Keeps log lines.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  /// - Parameter onLine: called with each line.
  func output(
    isTerminal: Bool = false, onLine: @escaping @Sendable (String) -> Void = { _ in }
  ) -> LogOutput {
    LogOutput(isTerminal: isTerminal) { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      self.lines.withLock { $0.append(text) }
      onLine(text)
    }
  }

  /// The lines as JSON objects.
  func objects() throws -> [JSONValue] {
    try all.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
  }

  /// The first line with this message.
  func object(_ message: String) throws -> JSONValue? {
    try objects().first { $0["message"]?.string == message }
  }
}

/// Delta with its journal in memory by default: what a simulation would have of it.
struct Desk: Sendable {
  let clock = TestClock()
  let lines = Lines()
  let shell: Shell
  let assembly: Assembly

  init(_ values: [String: String] = [:], journal: ServiceJournal.Place = .memory) throws {
    let configuration = CurrentConfiguration(
      try ServiceConfiguration(of: DeltaRoom.self, values: values))
    let runtime = clock.runtime
    shell = Shell(
      DeltaRoom.self, configuration: configuration, runtime: runtime,
      logger: .daemon(configuration, runtime: runtime, output: lines.output()),
      journal: journal)
    assembly = try DeltaRoom.compose(shell)
  }

  func request(
    _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
    headers: HTTPFields = [:]
  ) -> Request {
    var headers = headers
    if !body.isEmpty, headers[.contentType] == nil { headers[.contentType] = "application/json" }
    return Request(
      method, target, headers: headers, body: Data(body.utf8),
      correlation: Correlation(headers, in: clock.runtime))
  }

  func answer(
    _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
    headers: HTTPFields = [:]
  ) -> Response {
    assembly.routes.response(
      to: request(method, target, body, headers: headers), from: assembly.journal)
  }

  var thingCount: Int {
    get throws {
      try assembly.journal.read { try $0.value("SELECT count(*) AS value FROM things") ?? 0 }
    }
  }
}

extension Response {
  var document: JSONValue {
    get throws { try JSONDecoder().decode(JSONValue.self, from: body) }
  }
}

/// A folder that goes when the closure ends.
func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
  let folder = NSTemporaryDirectory() + "daemon-\(UUID().uuidString.prefix(8))"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}

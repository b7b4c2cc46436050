import Daemon
import Events
import Foundation
import HTTPTypes
import Journal
import Logging

/// One service put together as its daemon does it, with its journal in memory, asked without HTTP
/// and told without sockets.
final class House {
  let world: World
  let folder: TemporaryFolder
  private let store: MemoryStore
  private let assembly: Assembly

  var journal: ServiceJournal { assembly.journal }

  /// - Parameters:
  ///   - values: its configuration, where it is not the default.
  ///   - before: the same service before it was started again, with another configuration perhaps.
  init(_ room: any Room.Type, _ values: [String: String] = [:], after before: House? = nil) throws {
    world = before?.world ?? World()
    folder = try before?.folder ?? TemporaryFolder()
    store = try before?.store ?? MemoryStore()
    let configuration = try ServiceConfiguration(
      of: room, values: values, run: folder.path, state: folder.path)
    assembly = try room.compose(
      Shell(
        room, configuration: configuration, surroundings: world.surroundings,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, journal: .store(store)))
  }
}

// MARK: Asking

extension House {
  func ask(
    _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
    _ headers: HTTPFields = [:], request: String = "request-1"
  ) -> Answer {
    assembly.routes.answer(
      Call(
        method, target, headers: headers, body: Data(body.utf8),
        correlation: world.request(request)),
      from: journal)
  }

  func get(_ target: String) -> Answer {
    ask(.get, target)
  }

  func post(
    _ target: String, _ json: String = "{}", key: String? = nil, request: String = "request-1"
  ) -> Answer {
    var headers: HTTPFields = [.contentType: "application/json"]
    if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
    return ask(.post, target, json, headers, request: request)
  }

  func put(_ target: String, _ json: String, ifMatch: String?) -> Answer {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.ifMatch] = ifMatch
    return ask(.put, target, json, headers)
  }

  /// Sends a form, as a browser does.
  func submit(_ target: String, _ fields: [String: String] = [:]) -> Answer {
    let body = fields.map { "\($0.key)=\(percentEncoded($0.value))" }.joined(separator: "&")
    return ask(.post, target, body, [.contentType: "application/x-www-form-urlencoded"])
  }
}

private func percentEncoded(_ text: String) -> String {
  text.utf8.map { byte in
    byte < 16 ? "%0\(String(byte, radix: 16))" : "%\(String(byte, radix: 16))"
  }.joined()
}

// MARK: Telling and listening

extension House {
  /// Tells the service of an event, as its courier does.
  func hear(_ records: Record...) throws {
    for record in records {
      let header = record.header
      let cursor = Cursor(epoch: header.epoch, sequence: header.sequence, chain: header.chain)
      let stream = record.topic.stream
      try journal.commit {
        try $0.apply([record], of: stream, from: try $0.cursor(of: stream), through: cursor)
      }
    }
  }

  /// Tells the service of an event that it has heard before, as it was told the first time.
  func hearAgain(_ record: Record) throws {
    try journal.commit {
      try $0.run("DELETE FROM cursors WHERE stream = \(record.topic.stream)")
    }
    try hear(record)
  }

  /// What the service has said, in order: types with versions.
  func said() throws -> [String] {
    try records().map { "\($0.topic.type) v\($0.topic.version)" }
  }

  /// What the service has said of one kind, in order.
  func said<E: Event>(_ event: E.Type) throws -> [Envelope<E>] {
    try records().filter { $0.topic.type == E.schema.type }.map(E.read)
  }

  private func records() throws -> [Record] {
    try journal.read { try $0.records(after: 0, limit: 500) }
  }

  /// How many events were put aside: waiting, behind others, or dead.
  func putAside(_ state: String) throws -> Int {
    try journal.read {
      try $0.value("SELECT count(*) AS value FROM put_aside WHERE state = \(state)") ?? 0
    }
  }
}

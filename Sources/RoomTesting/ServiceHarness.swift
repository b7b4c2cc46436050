public import Daemon
public import Events
import FoundationEssentials
public import HTTPTypes
public import Journal
import Logging

/// One service, composed as in its daemon, with its journal in memory by default: it takes requests without
/// HTTP, and events without sockets.
///
/// ```swift
/// let delta = try ServiceHarness(DeltaRoom.self)
/// let charlie = SyntheticLog("charlie", delta.clock)
/// try delta.receive(charlie.next(OrderCharged(...)))
/// #expect(delta.get("/api/parcels").integer("parcels.0.number") == 1)
/// #expect(try delta.published() == ["parcel.packed v1"])
/// ```
///
/// The assembly's services do not run.
public final class ServiceHarness {
  /// Its clock and its randomness.
  public let clock: TestClock
  /// Its state folder, in which its journal is not.
  public let folder: TemporaryFolder
  private let place: ServiceJournal.Place
  private let assembly: Assembly
  private let retention: Retention

  /// Its journal, to read from and to wait for.
  public var journal: ServiceJournal { assembly.journal }

  /// Composes a service.
  ///
  /// - Parameters:
  ///   - room: the service.
  ///   - values: the configuration values that differ from the default, by the key without the
  ///     service.
  ///   - place: where its journal is; memory by default.
  ///   - before: the same service before a restart, perhaps with another configuration: the new one
  ///     finds its stored data.
  /// - Throws: the room's error while it is composed.
  public init(
    _ room: any Room.Type, values: [String: String] = [:],
    journal place: ServiceJournal.Place? = nil, after before: ServiceHarness? = nil
  ) throws {
    clock = before?.clock ?? TestClock()
    folder = try before?.folder ?? TemporaryFolder()
    self.place = try place ?? before?.place ?? .store(MemoryStore())
    let configuration = try ServiceConfiguration(
      of: room, values: values, run: folder.path, state: folder.path)
    assembly = try room.assemble(
      Shell(
        room, configuration: configuration, runtime: clock.runtime,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, journal: self.place))
    retention = Retention(configuration, forever: assembly.keepsForever)
    // As its daemon does at each start.
    try journal.retryDeferred()
  }
}

// MARK: Asking

extension ServiceHarness {
  /// Asks as HTTP does, and gets the answer after the commit; refusals are answers too.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - target: the path, and after `?` the query.
  ///   - body: the body.
  ///   - headers: the header fields.
  ///   - request: the Request ID, which is also the id of the work that begins.
  public func send(
    _ method: HTTPRequest.Method, _ target: String, body: String = "",
    headers: HTTPFields = [:], request: String = "request-1"
  ) -> Response {
    assembly.allRoutes.response(
      to: Request(
        method, target, headers: headers, body: Data(body.utf8),
        correlation: clock.request(request)),
      from: journal)
  }

  /// Reads a page or a part of the API.
  public func get(_ target: String) -> Response {
    send(.get, target)
  }

  /// Sends a command of the API.
  ///
  /// - Parameters:
  ///   - target: the path.
  ///   - json: the body.
  ///   - key: the `Idempotency-Key`.
  ///   - request: the Request ID.
  public func post(
    _ target: String, json: String = "{}", key: String? = nil, request: String = "request-1"
  ) -> Response {
    var headers: HTTPFields = [.contentType: "application/json"]
    if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
    return send(.post, target, body: json, headers: headers, request: request)
  }

  /// Sends a change to the API, based on the version that was seen (`If-Match`).
  public func put(_ target: String, json: String, ifMatch: String?) -> Response {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.ifMatch] = ifMatch
    return send(.put, target, body: json, headers: headers)
  }

  /// Sends a form, as a browser does.
  public func submit(_ target: String, fields: [String: String] = [:]) -> Response {
    let body = fields.map { "\($0.key)=\(percentEncoded($0.value))" }.joined(separator: "&")
    return send(
      .post, target, body: body, headers: [.contentType: "application/x-www-form-urlencoded"])
  }
}

private func percentEncoded(_ text: String) -> String {
  text.utf8.map { byte in
    byte < 16 ? "%0\(String(byte, radix: 16))" : "%\(String(byte, radix: 16))"
  }.joined()
}

// MARK: Events in and out

extension ServiceHarness {
  /// Applies events as the courier does.
  public func receive(_ records: Record...) throws {
    for record in records {
      let header = record.header
      let cursor = Cursor(epoch: header.epoch, sequence: header.sequence, chain: header.chain)
      let stream = record.topic.stream
      try journal.write {
        try $0.apply([record], of: stream, from: try $0.cursor(of: stream), through: cursor)
      }
    }
  }

  /// Applies an event a second time, as after `eventually follow reset`: it must change nothing.
  public func receiveAgain(_ record: Record) throws {
    try journal.write {
      try $0.run("DELETE FROM cursors WHERE stream = \(record.topic.stream)")
    }
    try receive(record)
  }

  /// Removes from the log what its daemon removes: what no consumer needs, and is older than
  /// `retention.age`.
  public func prune() throws {
    while try journal.write({ try $0.prune(retention) }) > 0 {}
  }

  /// The events that the service has emitted, in order: types with versions, `order.captured v2`.
  public func published() throws -> [String] {
    try records().map { "\($0.topic.type) v\($0.topic.version)" }
  }

  /// The emitted events of one kind, in order.
  public func published<E: Event>(_ event: E.Type) throws -> [Envelope<E>] {
    try records().filter { $0.topic.type == E.schema.type }.map(E.read)
  }

  private func records() throws -> [Record] {
    try journal.read { try $0.records(after: 0, limit: 500) }
  }

  /// The number of deferred events.
  ///
  /// - Parameter state: `waiting` for their subject's state, `retrying` after a failure, `behind`
  ///   others of their subject, or `dead`.
  public func deferred(_ state: String) throws -> Int {
    try journal.read {
      try $0.value("SELECT count(*) AS value FROM put_aside WHERE state = \(state)") ?? 0
    }
  }
}

import Events
import FoundationEssentials
import HTTPTypes
public import Journal

/// A feed of server-sent events that goes on as the journal commits.
///
/// It is a value: a connection reads part after part of it, and a simulation one part.
///
/// ```swift
/// .stream("/api/things/stream", takes: ["after"]) { request, snapshot in
///   EventFeed(after: try request.resumePosition() ?? snapshot.lastThing()) { position, snapshot in
///     try snapshot.things(after: position)
///   }
/// }
/// ```
public struct EventFeed: Sendable {
  /// The events of one read.
  public struct Part: Sendable {
    /// The events, in order.
    public let events: [ServerSentEvent]
    /// The position after which the next part begins.
    ///
    /// It is that of the last committed event that was looked at, also where the feed leaves it out.
    public let position: Int64
    /// Whether more events are committed.
    public let continues: Bool

    /// A part of a feed.
    ///
    /// - Parameters:
    ///   - events: a bounded number of events, in order.
    ///   - position: the position after which the next part begins.
    ///   - continues: whether more events are committed.
    public init(_ events: [ServerSentEvent], through position: Int64, continues: Bool) {
      self.events = events
      self.position = position
      self.continues = continues
    }

    /// The events as they are sent.
    var text: String { events.map(\.text).joined() }
  }

  /// The position after which it begins.
  let position: Int64
  /// Reads the part after a position, with the information whether the journal has committed since
  /// the part before.
  let next: @Sendable (_ after: Int64, _ hasCommitted: Bool, Snapshot) throws -> Part

  /// A feed.
  ///
  /// - Parameters:
  ///   - position: the position after which it begins.
  ///   - next: reads the part after a position, a bounded number of events.
  public init(
    after position: Int64, _ next: @escaping @Sendable (Int64, Snapshot) throws -> Part
  ) {
    self.position = position
    self.next = { position, _, snapshot in try next(position, snapshot) }
  }

  /// The changes of the journal: one event for all commits since the one before.
  ///
  /// - Parameter position: the position of a page; nil for what is committed from now on.
  /// - Throws: the journal's error.
  init(changesAfter position: Int64?, in snapshot: Snapshot) throws {
    self.position = try position ?? snapshot.changePosition()
    // A change without an event (a payment that was tried in vain) leaves the position as it is, and
    // so a client that connects again cannot be without it: it reads its page in any case.
    next = { position, hasCommitted, snapshot in
      let now = try snapshot.changePosition()
      guard hasCommitted || now != position else {
        return Part([], through: position, continues: false)
      }
      let change = try ServerSentEvent(position: now, name: "changed", json: ["position": now])
      return Part([change], through: now, continues: false)
    }
  }
}

extension Route {
  /// The changes of a service, for its own pages: each has the position that a page was made at, and
  /// a page reads itself again.
  static let changes = Route.stream("/api/stream", takes: ["after"]) { request, snapshot in
    try EventFeed(changesAfter: try request.resumePosition(), in: snapshot)
  }
}

extension EventFeed {
  /// The time after which a client connects again.
  private static let retryMilliseconds = 2000

  /// The first bytes of the stream.
  ///
  /// They have the position too: a client that is cut off before the first event continues from
  /// where it began.
  var opening: String { "retry: \(Self.retryMilliseconds)\n" + Self.mark(position) }

  /// A comment, which shows that the connection lives, and the position that was reached.
  static func beat(at position: Int64) -> String { ":\n" + mark(position) }

  /// A position without an event: the client keeps it, and its page sees nothing.
  private static func mark(_ position: Int64) -> String { "id: \(position)\n\n" }

  /// The response, without its body.
  static var head: Response {
    Response(
      status: .ok,
      headers: [.contentType: eventStreamType, .cacheControl: "no-store", .accelBuffering: "no"])
  }

  /// The response to a client that takes the first part, and leaves.
  func response(in snapshot: Snapshot) throws -> Response {
    var response = Self.head
    response.body = Data((opening + (try next(position, false, snapshot).text)).utf8)
    return response
  }
}

/// The media type of server-sent events.
let eventStreamType = "text/event-stream"

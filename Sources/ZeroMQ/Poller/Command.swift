import FoundationEssentials

/// Names one socket of a context.
typealias SocketID = UInt64

/// The requests of other threads to the poller.
enum Command: Sendable {
  case open(SocketPlan, SocketParts, CheckedContinuation<[String], any Error>)
  case perform(SocketID, Verb)
  case rebind(SocketID, String, CheckedContinuation<Void, any Error>)
  case close(SocketID, CheckedContinuation<Void, Never>)
  case answer(CheckedContinuation<Void, Never>)
  case stop

  /// The requests without an answer.
  enum Verb: Sendable, Equatable {
    /// The outbox has messages.
    case flush
    /// The inbox has room again.
    case reopen
    /// Something has happened to the socket, or a task waits for a peer.
    case look
    case subscribe(Data)
    case unsubscribe(Data)
  }

  /// Answers that the poller is gone.
  func refuse() {
    switch self {
    case .open(_, _, let asker): asker.resume(throwing: ZeroMQError.closed("open a socket"))
    case .rebind(_, _, let asker): asker.resume(throwing: ZeroMQError.closed("bind"))
    case .close(_, let asker), .answer(let asker): asker.resume()
    case .perform, .stop: break
    }
  }
}

/// The plan of a socket.
struct SocketPlan: Sendable {
  enum Kind: Sendable { case publisher, subscriber, router, dealer }

  var kind: Kind
  var endpoints: [String]
  var prefixes: [Data] = []
  var settings: SocketSettings
  /// The user whose processes' messages are received; nil for all.
  var owner: UInt32?

  /// Whether received messages name their peers, for the decisions of a router's consumer and for
  /// the comparison with the owner.
  var identifies: Bool { kind == .router || owner != nil }
}

/// The parts that the poller shares with the users of one socket.
struct SocketParts: Sendable {
  let line: Line
  let inbox: any MessageSink
  let outbox: Outbox
  let readiness: Readiness
}

import HTTPTypes
import NIOCore

@testable import Daemon

/// A dialogue with one connection: an event, and its decision.
struct Dialogue {
  enum Step: Hashable {
    case thrownAway, proceed, closeOutput, close
    case deliver(String?)
  }

  var connection = HTTPConnection(limits: HTTPLimits(), now: .uptimeNanoseconds(0))
  var now = NIODeadline.uptimeNanoseconds(0)
  private let peers = Peers(client: "192.0.2.1")

  mutating func pass(_ seconds: Int64) {
    now = now + .seconds(seconds)
  }

  mutating func pass(milliseconds: Int64) {
    now = now + .milliseconds(milliseconds)
  }

  /// A header comes, in one piece.
  mutating func head(_ headers: HTTPFields = [:], isOld: Bool = false, refusal: Problem? = nil)
    -> [Step]
  {
    guard connection.received(100, at: now) else { return [.thrownAway] }
    let head = IncomingRequest.Head(
      method: .post, target: "/x", headers: headers, isOld: isOld)
    return steps(connection.began(head, peers: peers, refusal: refusal, at: now))
  }

  /// Another header is in the same buffer, which was let through already.
  ///
  /// - Returns: the steps, and whether the request was asked about.
  mutating func pipelinedHead() -> (steps: [Step], isAsked: Bool) {
    func refusal(_ isAsked: inout Bool) -> Problem? {
      isAsked = true
      return nil
    }
    var isAsked = false
    let head = IncomingRequest.Head(method: .post, target: "/x", headers: [:], isOld: false)
    let actions = connection.began(head, peers: peers, refusal: refusal(&isAsked), at: now)
    return (steps(actions), isAsked)
  }

  mutating func body(_ count: Int) -> [Step] {
    guard connection.received(count, at: now) else { return [.thrownAway] }
    return steps(connection.received(ByteBuffer(repeating: 0, count: count)))
  }

  mutating func end() -> [Step] { steps(connection.ended(at: now)) }

  /// A whole response is written, and leaves at once.
  mutating func answer() -> [Step] {
    connection.wrote(at: now)
    let answered = steps(connection.answered(at: now))
    return answered + steps(connection.sent(at: now))
  }

  mutating func inputEnds() -> [Step] { steps(connection.inputEnded()) }
  mutating func quiesce() { connection.quiesce(at: now) }
  mutating func expire() -> [Step] { steps(connection.expired(peers, at: now)) }

  private func steps(_ actions: [HTTPConnection.Action]) -> [Step] {
    actions.map { action in
      switch action {
      case .deliver(let request): .deliver(request.refusal?.slug)
      case .proceed: .proceed
      case .closeOutput: .closeOutput
      case .close: .close
      }
    }
  }
}

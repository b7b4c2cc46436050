import Events
package import FoundationEssentials
package import Journal
package import Logging
import Runtime
package import ZeroMQ

/// Answers FETCH, ACK and STATUS from the log, one request at a time.
///
/// The requests that wait are a driver's `RequestQueue`: its order is the order of the answers.
package struct AnsweringProcess: Process {
  package enum Input: Sendable {
    /// The socket is bound.
    case started
    case asked(PendingRequest)
    /// The next step of the request that is being answered.
    case step(RequestStep)
    /// Requests were dropped, because too many waited.
    case dropped(Int)
    case woke
  }

  package enum Action: Sendable {
    /// Send a reply to the peer with a routing id.
    case reply(LogReply, to: Data)
    case log(Logger.Level, String)
    /// See whether the socket can still be reached.
    case checkSocket
  }

  package static let start = Input.started
  package static let wake = Input.woke

  /// The state of serving the stream.
  package private(set) var status = ServingStatus()
  private let stream: String
  private let expected: ExpectedConsumers
  private let own: Peer
  private let catalogue: Catalogue?
  private var request: PendingRequest?
  private var complaints = Complaints()
  private var wakesAt = Duration.zero
  /// The number of dropped requests that are not logged yet.
  private var unreportedDrops = 0

  /// - Parameters:
  ///   - journal: the journal whose log is served.
  ///   - own: the process that answers.
  package init(for journal: ServiceJournal, as own: Peer) {
    stream = journal.stream
    expected = journal.expected
    catalogue = journal.publishing.catalogue
    self.own = own
  }

  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .started: return [sleep(from: now)]
    case .asked(let request):
      self.request = request
      let origin = RequestOrigin(request.identity, expected: expected, own: own)
      let step = RequestStep(
        on: request.frames[...], from: origin, to: stream, catalogue: catalogue)
      return take(step, of: request, at: now)
    case .step(let step):
      guard let request else { return [] }
      return take(step, of: request, at: now)
    case .dropped(let count):
      status.dropped += UInt64(count)
      unreportedDrops += count
      return []
    case .woke:
      guard now >= wakesAt else { return [.wake(at: wakesAt)] }
      return [sleep(from: now), .perform(.checkSocket)] + complain(at: now)
    }
  }

  private mutating func complain(at now: Duration) -> [Effect<Input, Action>] {
    var lines = complaints.tick(at: now)
    if unreportedDrops > 0 {
      let sentence = "\(unreportedDrops) requests were dropped: more came than can wait"
      if let line = complaints.note("dropped", sentence: sentence, at: now) { lines.append(line) }
      unreportedDrops = 0
    }
    return lines.flatMap { line($0, level: .warning) }
  }

  private mutating func sleep(from now: Duration) -> Effect<Input, Action> {
    wakesAt = now + .seconds(1)
    return .wake(at: wakesAt)
  }

  private mutating func take(_ step: RequestStep, of request: PendingRequest, at now: Duration)
    -> [Effect<Input, Action>]
  {
    let recover: @Sendable (any Error) -> Input? = { error in
      Refusal(of: request.frames[...], meeting: error).map { .step(.answer(.error($0))) }
    }
    switch step {
    case .answer(let reply):
      self.request = nil
      return reply.map { answer($0, to: request, at: now) } ?? []
    case .read(let query): return [.read(Read({ .step(try query($0)) }, recover: recover))]
    case .write(let work):
      return [
        .write(
          Write(patience: .zero) {
            .step(try work($0))
          } recover: { error in
            // Writing is impossible now. An acknowledgement is repeated, and other requests are
            // answered meanwhile.
            FailureKind(error) == .passes ? .step(.answer(nil)) : recover(error)
          })
      ]
    }
  }

  private mutating func answer(_ reply: LogReply, to request: PendingRequest, at now: Duration)
    -> [Effect<Input, Action>]
  {
    let sending = Effect<Input, Action>.perform(.reply(reply, to: request.sender))
    guard case .error(let refusal) = reply else { return [sending] }
    status.refused += 1
    if refusal.code == .damaged { status.damage = refusal.message }
    let sentence =
      "a request of \(request.identity) is refused: \(refusal.code.rawValue): "
      + refusal.message.prefix(256)
    let logged = complaints.note(refusal.code.rawValue, sentence: sentence, at: now)
    return line(logged, level: refusal.code == .damaged ? .critical : .warning) + [sending]
  }

  private func line(_ text: String?, level: Logger.Level) -> [Effect<Input, Action>] {
    text.map { [.perform(.log(level, $0))] } ?? []
  }
}

import Events
import Journal
import Runtime
import Tracing

/// The outcome of an event, as the thread that has committed it leaves it to the export.
struct EventRecord: Sendable {
  let outcome: EventOutcome
  /// Whether its cause was emitted in the same commit.
  private let isOwnConsequence: Bool
  /// The end of the commit.
  let at: Timestamp
  /// The time of the transaction.
  let took: Duration

  /// Nil where the outcome has no span: nothing was done about the event, or the system that began
  /// the trace does not record it.
  init?(
    _ outcome: EventOutcome, isOwnConsequence: Bool = false, at: Timestamp, took: Duration
  ) {
    switch outcome.kind {
    case .emitted, .applied, .retrying, .dead: break
    case .waiting, .behind, .unknown, .discarded: return nil
    }
    guard outcome.id != nil, outcome.correlation?.trace.isSampled == true else { return nil }
    self.outcome = outcome
    self.isOwnConsequence = isOwnConsequence
    self.at = at
    self.took = took
  }

  /// The span of the outcome.
  ///
  /// - Parameters:
  ///   - service: the service that has committed it.
  ///   - random: the number of the span of an attempt that failed.
  func span(in service: String, random: () -> UInt64) -> FinishedSpan? {
    guard let id = outcome.id, let work = outcome.correlation else { return nil }
    var span =
      outcome.kind == .emitted
      ? publishing(id, work: work, service: service)
      : processing(id, work: work, service: service, random: random)
    span.set("messaging.system", "zeromq")
    span.set("messaging.destination.name", .string(outcome.topic.description))
    span.set("messaging.message.id", .string(id.description))
    span.set("eventually.sequence", .int64(Int64(clamping: outcome.sequence)))
    if !outcome.subject.isEmpty { span.set("eventually.subject", .string(outcome.subject)) }
    span.set(work)
    return span
  }

  private func publishing(_ id: Identifier, work: Correlation, service: String) -> FinishedSpan {
    var span = FinishedSpan(
      "publish \(outcome.topic.type)", kind: .producer, place: work.trace.publishing(id),
      parent: .init(
        place: isOwnConsequence ? work.trace : work.step(in: service), isRemote: false),
      state: work.traceState,
      start: min(outcome.committedAt, at).nanoseconds, end: at.nanoseconds)
    span.set("messaging.operation.type", "send")
    span.set("messaging.operation.name", "publish")
    if let linked = work.linkedTrace, linked.traceID != work.trace.traceID {
      span.links = [.init(place: linked)]
    }
    return span
  }

  private func processing(
    _ id: Identifier, work: Correlation, service: String, random: () -> UInt64
  ) -> FinishedSpan {
    // Only one commit applies the event; an attempt that fails is a span beside it.
    let place =
      outcome.kind == .applied
      ? work.trace.reaction(of: service, to: id) : work.trace.span(random())
    var span = FinishedSpan(
      "process \(outcome.topic.type)", kind: .consumer, place: place,
      parent: .init(
        place: work.trace.publishing(id), isRemote: outcome.topic.stream != service),
      state: work.traceState, start: (at - max(took, outcome.took)).nanoseconds,
      end: at.nanoseconds)
    span.set("messaging.operation.type", "process")
    span.set("messaging.operation.name", "process")
    span.set("messaging.consumer.group.name", .string(service))
    span.set("eventually.critical_time", .double(at.since(outcome.committedAt) / .seconds(1)))
    span.set("eventually.processing_time", .double(outcome.took / .seconds(1)))
    switch outcome.kind {
    case .retrying(let reason, let attempt):
      span.fail("retrying", reason: reason)
      span.set("eventually.attempt", .int64(Int64(attempt)))
    case .dead(let reason): span.fail("dead-letter", reason: reason)
    default: span.set("event.outcome", "success")
    }
    return span
  }
}

extension FinishedSpan {
  /// Marks the span as failed.
  mutating func fail(_ kind: String, reason: String?) {
    status = SpanStatus(code: .error, message: reason)
    set("error.type", .string(kind))
    set("event.outcome", "failure")
  }
}

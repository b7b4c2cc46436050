import Events
import FoundationEssentials
import Runtime

/// The attempts to deliver one batch of spans: what follows from each response, by the rules of OTLP.
struct Delivery: Sendable {
  /// What to do after an attempt.
  enum Step: Equatable, Sendable {
    /// The batch is delivered, but for as many spans as the collector has rejected.
    case delivered(rejected: Int, reason: String?)
    /// The same batch is sent again after a pause.
    case retry(after: Duration, reason: String)
    /// The batch is dropped; the collector may have asked for a pause before the next one.
    case giveUp(reason: String, pause: Duration? = nil)
  }

  /// For how long a batch is tried.
  static let patience = Duration.seconds(60)
  private static let backoff = Backoff(first: .seconds(1), longest: .seconds(20))

  private let began: Duration
  private var failures = 0

  /// - Parameter now: the time of the first attempt, on the monotonic clock.
  init(at now: Duration) {
    began = now
  }

  /// Takes the result of an attempt.
  mutating func step(
    after result: Result<HTTPExchange.Answer, any Error>, at now: Duration, random: UInt64
  ) -> Step {
    switch result {
    case .success(let response) where (200..<300).contains(response.status):
      let partial = PartialSuccess(response.body)
      return .delivered(rejected: partial?.rejected ?? 0, reason: partial?.message)
    case .success(let response):
      let reason = "it answers with \(response.status)"
      guard [429, 502, 503, 504].contains(response.status) else { return .giveUp(reason: reason) }
      return retry(after: response.retryAfter, reason: reason, at: now, random: random)
    case .failure(let error):
      return retry(after: nil, reason: "\(error)", at: now, random: random)
    }
  }

  private mutating func retry(
    after asked: Duration?, reason: String, at now: Duration, random: UInt64
  ) -> Step {
    failures += 1
    // A collector that asks for no pause gets the usual one.
    let pause = max(asked ?? .zero, Self.backoff.pause(after: failures, random: random))
    guard now - began + pause <= Self.patience else {
      return .giveUp(reason: reason, pause: asked)
    }
    return .retry(after: pause, reason: reason)
  }
}

/// The part of a successful response that says what was not accepted.
private struct PartialSuccess {
  let rejected: Int
  let message: String?

  /// Nil where the body is nothing of the kind: the spans are accepted then.
  init?(_ body: Data) {
    guard let partial = JSONValue(body)?["partialSuccess"] else { return nil }
    // A 64-bit number is a string in this mapping; a number is accepted too.
    rejected =
      switch partial["rejectedSpans"] {
      case .string(let text): max(0, Int(text) ?? 0)
      case .integer(let number): max(0, Int(clamping: number))
      default: 0
      }
    message = partial["errorMessage"]?.string
  }
}

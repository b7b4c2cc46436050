import Events
import Runtime

/// The one question that a follower may have open, and when it may ask again: time-out, backoff
/// and jitter.
struct Fetching: Hashable, Sendable {
  static let timeout = Duration.seconds(2)
  static let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))

  private var lastID: Int64 = 0
  private var isOpen = false
  /// Since when the answer is waited for: the first tick after the question.
  ///
  /// Events are applied meanwhile, and that may take longer than the time-out.
  private var waitingSince: Duration?
  private var mayAskAt: Duration
  private var failures = 0

  init(at now: Duration) {
    mayAskAt = now
  }

  /// The id of a new question; nil while one is open or a pause lasts.
  mutating func begin(at now: Duration) -> Int64? {
    guard !isOpen, now >= mayAskAt else { return nil }
    isOpen = true
    waitingSince = nil
    lastID += 1
    return lastID
  }

  /// Whether an answer with this id is to the open question, which is then closed.
  ///
  /// Answers to older ones are late.
  mutating func isFor(_ id: JSONValue?) -> Bool {
    guard isOpen, id == .integer(lastID) else { return false }
    isOpen = false
    return true
  }

  mutating func tick(at now: Duration, random: UInt64) {
    guard isOpen else { return }
    let since = waitingSince ?? now
    waitingSince = since
    guard now - since >= Self.timeout else { return }
    isOpen = false
    fail(at: now, random: random)
  }

  /// The question came to nothing: a pause before the next one.
  mutating func fail(at now: Duration, random: UInt64) {
    failures += 1
    mayAskAt = now + Self.backoff.pause(after: failures, random: random)
  }

  /// The publisher is connected: the next request needs no pause, and a request from before the
  /// connection is given up.
  mutating func reset() {
    isOpen = false
    failures = 0
    mayAskAt = .zero
  }
}

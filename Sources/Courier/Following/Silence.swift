import Events
import Journal
import Logging
import ZeroMQ

/// Why a followed stream is silent: looked up when it becomes silent, and shown with its state.
struct Silence: Sendable {
  /// Every so many ticks of a silent stream, its names are looked up again: 5 s.
  private static let lookupTicks = 25

  private let approach: Approach
  private let place: StreamEndpoints
  private var cause: String?
  private var isForeignTold = false
  private var ticks = 0

  /// - Parameters:
  ///   - approach: finds the cause.
  ///   - place: the endpoints that it is connected to.
  init(approach: Approach, place: StreamEndpoints) {
    self.approach = approach
    self.place = place
  }

  /// The stream has been silent for five seconds.
  mutating func begin() async throws {
    cause = try await approach.cause()
    let ending = cause.map { ": \($0)" } ?? ", waiting for it"
    approach.logger.warning("nothing is heard of \(place.stream)\(ending)")
  }

  /// How the service stands with the stream, with the cause of a silence.
  func explain(_ subscription: Subscription) -> Subscription {
    subscription.state == .away ? subscription.away(because: cause) : subscription
  }

  /// Logs once that messages were dropped because of their sender.
  mutating func tellForeign(_ traffic: [Traffic]) {
    guard !isForeignTold, let foreign = traffic.first(where: { $0.foreign > 0 }) else { return }
    isForeignTold = true
    approach.tellForeign(foreign)
  }

  /// Whether the stream is silent, and a name has got another address.
  mutating func isElsewhere(_ subscription: Subscription) async throws -> Bool {
    guard subscription.state == .away else { return false }
    ticks += 1
    guard ticks.isMultiple(of: Self.lookupTicks) else { return false }
    return try await approach.hasMoved(from: place)
  }
}

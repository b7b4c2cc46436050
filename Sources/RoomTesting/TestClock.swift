public import Events
public import Runtime
import Synchronization

/// A clock that a test moves, and numbers that it knows: the same in every run.
public final class TestClock: Sendable {
  private struct State {
    var now: UInt64 = 1_800_000_000_000_000
    var uptime: UInt64 = 0
    var random: UInt64 = 0
  }

  private let state = Mutex(State())

  /// A clock at its beginning, in January 2027.
  public init() {}

  /// The time, which moves by nothing but the test.
  public var now: Timestamp { state.withLock { Timestamp(microseconds: $0.now) } }

  /// Lets time pass.
  public func advance(microseconds: UInt64) {
    state.withLock {
      $0.now += microseconds
      $0.uptime += microseconds
    }
  }

  /// Sets the clock, as an operator may: no time passes.
  public func set(microseconds: UInt64) {
    state.withLock { $0.now = microseconds }
  }

  /// Sets the clock back, as an operator may.
  public func setBack(microseconds: UInt64) {
    state.withLock { $0.now -= microseconds }
  }

  /// The clock and the numbers, as a service takes them.
  public var runtime: RuntimeContext {
    RuntimeContext(
      now: { self.now },
      uptime: { .microseconds(self.state.withLock { $0.uptime }) },
      random: {
        self.state.withLock { state in
          // It grows, so that identifiers of one moment sort as they were made.
          state.random += 0x9E37_79B9_7F4A_7C15 >> 24
          return state.random
        }
      })
  }

  /// A new identifier.
  public func identifier() -> Identifier { runtime.identifier() }

  /// Work that no request and no event began.
  public var correlation: Correlation { .beginning(in: runtime) }

  /// The work that a request with this id begins.
  public func request(_ id: String) -> Correlation {
    .request(id, trace: .random(in: runtime))
  }
}

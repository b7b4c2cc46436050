import Events
import Foundation
import Synchronization

/// A clock that a test moves, and numbers that it knows.
final class World: Sendable {
  private let state = Mutex((now: UInt64(1_800_000_000_000_000), random: UInt64(0)))

  var now: Timestamp { state.withLock { Timestamp(microseconds: $0.now) } }

  func advance(microseconds: UInt64) {
    state.withLock { $0.now += microseconds }
  }

  func setBack(microseconds: UInt64) {
    state.withLock { $0.now -= microseconds }
  }

  var surroundings: Surroundings {
    Surroundings(
      now: { self.now },
      uptime: { .zero },
      random: {
        self.state.withLock { state in
          state.random += 0x9E37_79B9_7F4A_7C15 >> 24
          return state.random
        }
      })
  }

  func identifier() -> Identifier { surroundings.identifier() }

  /// The work that a request with this id begins.
  func request(_ id: String) -> Correlation {
    .request(id, trace: .random(in: surroundings))
  }
}

/// A folder of one test's own, removed with it.
final class TemporaryFolder: Sendable {
  let path = "/tmp/room-\(UUID().uuidString.prefix(8))"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

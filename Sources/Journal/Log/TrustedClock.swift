import Events
import FoundationEssentials
package import Runtime
import Synchronization

/// The time by which ages are measured: that of the wall clock, unless the wall clock is in doubt.
///
/// A clock that jumps ten years ahead for a moment must remove nothing that is young: no event, no
/// answer to an `Idempotency-Key`, no cart. The wall clock is in doubt
///
/// - after a jump: it has advanced by a minute more or less than the elapsed time. A machine that
///   was suspended has no jump, since its elapsed time went on.
/// - at the start, when it is more than an hour from the last time that the log proves. A downtime
///   or a quiet night causes this too; only a distance of more than a week is reported.
///
/// While it is in doubt, time goes on from the last trusted time by the elapsed time, and never past
/// the wall clock. When the wall clock has continued from where it is for an hour, it is trusted
/// again: by then an operator has had a warning, and a machine without a battery has its time from
/// the network.
package struct TrustedClock: Sendable {
  /// The difference that is a correction of the clock, and no jump.
  static let tolerance = Duration.seconds(60)
  /// The time for which a clock must continue from where it jumped to.
  static let proof = Duration.seconds(3600)
  /// The distance from the log at the start that is reported.
  static let remarkable = Duration.seconds(7 * 86_400)

  /// The offset of the wall clock to the elapsed time, where it is trusted.
  private var trusted: Duration
  private var doubted: (offset: Duration, doubt: ClockDoubt)?

  /// The clock of a process that starts.
  ///
  /// - Parameters:
  ///   - reading: the clocks now.
  ///   - proven: the last time that the log proves; nil where it proves none.
  package init(_ reading: ClockReading, proven: Timestamp?) {
    trusted = reading.offset
    guard let proven, reading.wall.since(proven) > Self.proof else { return }
    trusted = ClockReading(wall: proven, elapsed: reading.elapsed).offset
    doubt(reading, from: trusted, cause: .start)
  }

  /// The doubt about the wall clock; nil while it is trusted.
  package var doubt: ClockDoubt? { doubted?.doubt }

  /// Takes a look at the clocks, as often as possible.
  ///
  /// - Returns: the time by which ages are measured now.
  package mutating func look(_ reading: ClockReading) -> Timestamp {
    if isNear(reading.offset, trusted) {
      trusted = reading.offset
      doubted = nil
    } else if let doubted, isNear(reading.offset, doubted.offset) {
      if reading.elapsed >= doubted.doubt.endsAt {
        trusted = reading.offset
        self.doubted = nil
      }
    } else {
      doubt(reading, from: doubted?.offset ?? trusted, cause: .jump)
    }
    guard doubted != nil else { return reading.wall }
    return min(reading.wall, Timestamp(microseconds: 0) + (trusted + reading.elapsed))
  }

  private mutating func doubt(
    _ reading: ClockReading, from before: Duration, cause: ClockDoubt.Cause
  ) {
    doubted = (
      reading.offset,
      ClockDoubt(
        cause: cause, distance: reading.offset - before, wall: reading.wall,
        endsAt: reading.elapsed + Self.proof)
    )
  }

  private func isNear(_ offset: Duration, _ other: Duration) -> Bool {
    offset <= other + Self.tolerance && offset >= other - Self.tolerance
  }
}

/// A doubt about the wall clock.
package struct ClockDoubt: Hashable, Sendable {
  package enum Cause: Hashable, Sendable {
    /// It was set while the process ran.
    case jump
    /// It was far from the log when the process started.
    case start
  }

  package let cause: Cause
  /// By how much it was set, or is from the log; below zero where it was set back.
  package let distance: Duration
  /// The wall clock at the beginning of the doubt.
  package let wall: Timestamp
  /// The elapsed time at which it is trusted, if it continues from there.
  package let endsAt: Duration

  /// Whether it is more than a usual downtime.
  package var isRemarkable: Bool { cause == .jump || distance > TrustedClock.remarkable }
}

/// The clocks of a running service, beside its log.
package struct ClockStatus: Hashable, Sendable {
  /// The clocks now.
  package let reading: ClockReading
  /// The doubt about the wall clock; nil while it is trusted, or only as far from the log as after
  /// a usual downtime.
  package let doubt: ClockDoubt?
  /// The time of the last event.
  package let lastCommit: Timestamp

  /// The time after which the wall clock has caught up with the log; nil for less than five
  /// seconds, which need no attention.
  package var behindLog: Duration? {
    let distance = lastCommit.since(reading.wall)
    return distance < .seconds(5) ? nil : distance
  }
}

/// The trusted clock of a journal, which every transaction may look at.
final class JournalClock: Sendable {
  private let clock: Mutex<TrustedClock>
  private let runtime: RuntimeContext

  init(_ runtime: RuntimeContext, proven: Timestamp?) {
    clock = Mutex(TrustedClock(runtime.clocks, proven: proven))
    self.runtime = runtime
  }

  /// The time by which ages are measured now.
  func look() -> Timestamp { clock.withLock { $0.look(runtime.clocks) } }

  func status(lastCommit: Timestamp) -> ClockStatus {
    clock.withLock { clock in
      let reading = runtime.clocks
      _ = clock.look(reading)
      return ClockStatus(
        reading: reading, doubt: clock.doubt.flatMap { $0.isRemarkable ? $0 : nil },
        lastCommit: lastCommit)
    }
  }
}

extension ServiceJournal {
  /// The state of the clocks, after another look at them.
  package var clockStatus: ClockStatus { clock.status(lastCommit: state.withLock(\.lastCommit)) }
}

extension Reader {
  /// The last time that the log proves: that of its last event, or of the last one before it jumped.
  ///
  /// A wrong clock leaves events of its time in the log. A restart would believe it by those. So the
  /// events of the log's last hour count only where they follow the event before them within an hour.
  func provenTime() throws -> Timestamp? {
    let head = try head()
    guard head.sequence > 0 else { return nil }
    let beginning = head.committedAt - TrustedClock.proof
    // The first event of the last hour: times grow within a log.
    var places = head.floor..<max(head.floor, head.sequence)
    while !places.isEmpty {
      let middle = places.lowerBound + (places.upperBound - places.lowerBound) / 2
      guard let time = try commitTime(of: middle) else { return head.committedAt }
      places =
        time < beginning ? middle + 1..<places.upperBound : places.lowerBound..<middle
    }
    let first = places.lowerBound
    guard first > head.floor, let time = try commitTime(of: first),
      let before = try commitTime(of: first - 1), time.since(before) > TrustedClock.proof
    else { return head.committedAt }
    return before
  }

  private func commitTime(of sequence: UInt64) throws -> Timestamp? {
    let header: Data? = try value(
      "SELECT header AS value FROM log WHERE sequence = \(sequence)")
    return header.flatMap { Header(bytes: $0) }?.committedAt
  }
}

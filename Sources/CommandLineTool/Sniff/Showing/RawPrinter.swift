import Events
import FoundationEssentials
import Synchronization

/// Prints the frames of every message, whatever it is.
final class RawPrinter: EventSink {
  private let topics: [String]
  private let limit: Int?
  private let output: Output
  private let printed = Mutex(0)

  init(topics: [String], limit: Int?, output: Output = .data) {
    self.topics = topics
    self.limit = limit
    self.output = output
  }

  func receive(_ event: SniffedEvent) -> SinkOutcome { receiveForeign(event.record.frames) }

  func receiveForeign(_ frames: [Data]) -> SinkOutcome {
    let first = frames.first ?? Data()
    guard topics.isEmpty || topics.contains(where: { first.starts(with: $0.utf8) }) else {
      return .more
    }
    guard output.line(frames.map(\.shown).joined(separator: " | ")) else { return .readerGone }
    let count = printed.withLock { count in
      count += 1
      return count
    }
    return limit.map { count >= $0 } ?? false ? .enough : .more
  }
}

extension Data {
  /// A frame as text, where it is one, else as hexadecimal digits.
  fileprivate var shown: String {
    guard let text = String(validating: self, as: UTF8.self),
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\n" || $0 == "\t" })
    else { return "0x\(hex)" }
    return text.escapedForTerminal
  }
}

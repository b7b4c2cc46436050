import Courier
import Events
import FoundationEssentials
import Synchronization

/// Prints the wanted events, until the limit is reached or the reader has gone.
final class EventPrinter: Sendable {
  enum Form: Sendable {
    case pretty, json
  }

  /// Whether to go on.
  enum Outcome: Sendable {
    case more
    case enough
    case readerGone
  }

  let limit: Int?
  private let prefixes: [String]
  private let form: Form
  private let showsBeats: Bool
  private let output: Output
  private let printed = Mutex(0)

  init(
    prefixes: [String], form: Form, showsBeats: Bool, limit: Int?, output: Output = .data
  ) {
    self.prefixes = prefixes
    self.form = form
    self.showsBeats = showsBeats
    self.limit = limit
    self.output = output
  }

  /// The number of printed events.
  var count: Int { printed.withLock(\.self) }

  func print(_ record: Record) -> Outcome {
    let topic = record.topic.description
    guard prefixes.isEmpty || prefixes.contains(where: topic.hasPrefix) else { return .more }
    let line = form == .json ? record.jsonLine : record.prettyLine(inColor: output.isTerminal)
    guard output.line(line) else { return .readerGone }
    let count = printed.withLock { count in
      count += 1
      return count
    }
    return limit.map { count >= $0 } ?? false ? .enough : .more
  }

  func print(_ beat: Beat, topic: Data) -> Outcome {
    guard showsBeats else { return .more }
    let topic = String(decoding: topic, as: UTF8.self)
    let line =
      form == .json
      ? beat.jsonLine(topic) : beat.prettyLine(topic, inColor: output.isTerminal)
    return output.line(line) ? .more : .readerGone
  }
}

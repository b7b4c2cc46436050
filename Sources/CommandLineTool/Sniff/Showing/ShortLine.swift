import Courier
import Events
import Journal
import Runtime
import Schema

/// The line of an event for people: local time, topic, number, short ids, and what it is about.
struct ShortLine: Hashable, Sendable {
  /// How the time is written.
  enum Clock: Hashable, Sendable {
    /// The time of the day here.
    case local
    /// The whole time in UTC.
    case utc
    /// The seconds since the event of the line before; below 0 where that is a later one of another
    /// stream.
    case delta
  }

  /// The number of characters of a line.
  static let width = 120

  var clock = Clock.local
  /// Whether ids and data are written whole.
  var isWhole = false
  var isColored = false

  /// - Parameter previous: when the event of the line before was committed; nil for the first line.
  func line(_ event: SniffedEvent, after previous: Timestamp? = nil) -> String {
    let record = event.record
    let time = time(record.header.committedAt, after: previous)
    let topic = String(record.topic.description.dropLast())
    let number = "#\(record.header.sequence)"
    let ids = ids(event)
    let opening =
      "\(time)  \(topic.padded(to: 26)) \(number.padded(to: 5))"
    let room = Self.width - opening.count - ids.count - 4
    let about = isWhole ? data(event) : data(event).shortened(to: max(20, room))
    return time.styled(.dim, if: isColored) + "  "
      + topic.padded(to: 26).styled(color(of: record.topic.stream), if: isColored) + " "
      + number.padded(to: 5) + "  " + ids.styled(.dim, if: isColored) + "  " + about
  }

  func line(_ beat: Beat, topic: String, after previous: Timestamp? = nil) -> String {
    let name = topic.escapedForTerminal.padded(to: 26)
    let stream = beat.stream.escapedForTerminal
    let time = time(beat.committedAt, after: previous)
    return "\(time)  \(name) #\(beat.cursor.sequence)  \(stream) beats"
      .styled(.dim, if: isColored)
  }

  private func time(_ time: Timestamp, after previous: Timestamp?) -> String {
    switch clock {
    case .local: CalendarTime(time).description
    case .utc: time.description
    case .delta:
      // A foreign publisher's time may be any number.
      Self.seconds(
        Int64(truncatingIfNeeded: time.microseconds &- (previous ?? time).microseconds))
    }
  }

  /// Seconds with their sign and six decimals, as wide as the time of the day where they are few.
  private static func seconds(_ microseconds: Int64) -> String {
    let decimals = "\(microseconds.magnitude % 1_000_000 + 1_000_000)".dropFirst()
    let text = "\(microseconds < 0 ? "-" : "+")\(microseconds.magnitude / 1_000_000).\(decimals)"
    return String(repeating: " ", count: max(0, 12 - text.count)) + text
  }

  /// The ends of the subject's and the request's ids, or the whole ids with their names.
  private func ids(_ event: SniffedEvent) -> String {
    let ids = [("subject", event.subject), ("request", event.body?["correlationid"]?.string)]
    return ids.map { name, id in
      guard let id = id?.escapedForTerminal else { return "-" }
      return isWhole ? "\(name)=\(id)" : id.shortID.padded(to: 7)
    }.joined(separator: " ")
  }

  private func data(_ event: SniffedEvent) -> String {
    guard let body = event.body else {
      return String(decoding: event.record.body, as: UTF8.self).escapedForTerminal
    }
    guard let data = body["data"], !isWhole else { return body["data"]?.compact ?? "" }
    return data.parts().joined(separator: " ").escapedForTerminal
  }

  private func color(of stream: String) -> Style {
    Service(rawValue: stream)?.style ?? .magenta
  }
}

extension JSONValue {
  /// What people look for in data: the product, money with its currency, and short values; no ids.
  ///
  /// - Parameter path: the names that lead to this value.
  fileprivate func parts(at path: [String] = []) -> [String] {
    let name = path.joined(separator: ".")
    if let money: Money = try? decode() { return ["\(name) \(money)"] }
    switch self {
    case .object(let members):
      return members.sorted { Self.rank($0.key) < Self.rank($1.key) }.flatMap { member in
        member.value.parts(at: path + [member.key])
      }
    case .string(let text) where Identifier(text) != nil: return []
    case .string(let text): return [name == "product" ? text : "\(name)=\(text)"]
    case .null, .array: return []
    default: return ["\(name)=\(compact)"]
    }
  }

  /// First what an order is about, then the rest by name.
  private static func rank(_ name: String) -> String {
    let first = ["product", "outcome", "total", "price"].firstIndex(of: name)
    return first.map { "\($0)" } ?? "~\(name)"
  }
}

extension String {
  /// The end of an id, which differs where the beginnings, made of a time, may not.
  var shortID: String { count > 12 ? "…\(suffix(6))" : self }

  /// Whether this id is meant by an id, or by the end of one that ``shortID`` shows, with or without `…`.
  func isNamed(by id: String) -> Bool {
    let end = id.hasPrefix("…") ? id.dropFirst() : id[...]
    return self == id || (end.count == 6 && hasSuffix(end) && count > 12)
  }

  /// The text, or its beginning with `…`, within so many characters.
  func shortened(to width: Int) -> String {
    count > width ? "\(prefix(max(0, width - 1)))…" : self
  }
}

import Courier
import Events
import FoundationEssentials
import Journal
import Runtime

/// How an event becomes a line.
enum LineForm: Hashable, Sendable {
  /// For people: a line of a terminal's width.
  case short(ShortLine)
  /// For programs: the fields of the header, and the CloudEvent as it was published.
  case json
  /// The topic alone.
  case topic
  /// The header's fields, without the body.
  case header
  /// The values of fields, with tabs between them.
  case fields([EventField])
  /// The values of fields, as RFC 4180 has them.
  case csv([EventField])
  /// A text with fields in braces.
  case template(LineTemplate)

  /// The line that comes before all events; nil without one.
  var heading: String? {
    guard case .csv(let fields) = self else { return nil }
    return fields.map(\.description).joined(separator: ",")
  }

  /// - Parameter previous: when the event of the line before was committed; nil for the first line.
  func line(_ event: SniffedEvent, after previous: Timestamp? = nil) -> String {
    let record = event.record
    return switch self {
    case .short(let form): form.line(event, after: previous)
    case .json: record.jsonLine
    case .topic: record.topic.description
    case .header: record.headerLine
    case .fields(let fields):
      fields.map { event.text(of: $0).escapedForTerminal }.joined(separator: "\t")
    case .csv(let fields):
      fields.map { event.text(of: $0).escapedForTerminal.inCSV }.joined(separator: ",")
    case .template(let template): template.line(event)
    }
  }

  /// A beat's line; nil in a form that has none.
  func line(_ beat: Beat, topic: String, after previous: Timestamp? = nil) -> String? {
    switch self {
    case .short(let form): form.line(beat, topic: topic, after: previous)
    case .json: beat.jsonLine(topic)
    case .topic, .header: topic.escapedForTerminal
    case .fields, .csv, .template: nil
    }
  }
}

extension SniffedEvent {
  /// The value of a field as a person writes it; nothing where the event has none.
  func text(of field: EventField) -> String { value(of: field)?.plain ?? "" }
}

/// A line's text, with the names of fields in braces: `{time} {subject}`.
struct LineTemplate: Hashable, Sendable {
  private enum Piece: Hashable {
    case text(String)
    case field(EventField)
  }

  private let pieces: [Piece]

  /// - Throws: ``UnknownField``; `\n` and `\t` are the end of a line and a tab.
  init(_ text: String) throws(UnknownField) {
    var pieces: [Piece] = []
    var rest = text.replacing("\\n", with: "\n").replacing("\\t", with: "\t")[...]
    while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
      pieces.append(.text(String(rest[..<start])))
      pieces.append(.field(try EventField(String(rest[rest.index(after: start)..<end]))))
      rest = rest[rest.index(after: end)...]
    }
    self.pieces = pieces + [.text(String(rest))]
  }

  func line(_ event: SniffedEvent) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .field(let field): event.text(of: field).escapedForTerminal
      }
    }.joined()
  }
}

extension String {
  /// The text as one value of a line with commas between them.
  fileprivate var inCSV: String {
    contains { $0 == "," || $0 == "\"" || $0.isNewline }
      ? "\"" + replacing("\"", with: "\"\"") + "\"" : self
  }
}

// MARK: JSON

extension Record {
  var jsonLine: String { opening + #","event":"# + published + "}" }

  fileprivate var headerLine: String {
    opening + #","version":\#(topic.version),"leastReader":\#(header.leastReader),"#
      + #""chain":"\#(header.chain)","bytes":\#(body.count)}"#
  }

  private var opening: String {
    commonMembers(
      topic: topic.description, stream: topic.stream, sequence: header.sequence,
      epoch: header.epoch, committedAt: header.committedAt)
  }

  /// The body on one line; as a string, where it is no JSON.
  private var published: String {
    guard JSONValue(body) != nil else {
      return JSONValue.string(String(decoding: body, as: UTF8.self)).compact
    }
    return String(decoding: body, as: UTF8.self).escapedInsideJSON
  }
}

extension Beat {
  fileprivate func jsonLine(_ topic: String) -> String {
    let opening = commonMembers(
      topic: topic, stream: stream, sequence: cursor.sequence, epoch: cursor.epoch ?? Epoch(0),
      committedAt: committedAt)
    return opening + #","beat":{"floor":\#(floor)}}"#
  }
}

/// The members that events and beats have in common; the object is left open.
private func commonMembers(
  topic: String, stream: String, sequence: UInt64, epoch: Epoch, committedAt: Timestamp
) -> String {
  let names = (JSONValue.string(topic).compact, JSONValue.string(stream).compact)
  return #"{"topic":\#(names.0),"stream":\#(names.1),"sequence":\#(sequence),"#
    + #""epoch":"\#(epoch)","committedAt":"\#(committedAt)""#
}

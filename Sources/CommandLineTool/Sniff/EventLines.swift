import Courier
import Events
import FoundationEssentials
import Journal
import Runtime

// Events and beats as lines.

extension Record {
  /// For programs: the fields of the header, and the CloudEvent as it was published.
  var jsonLine: String {
    let opening = line(
      topic: topic.description, stream: topic.stream, header.sequence, epoch: header.epoch,
      committedAt: header.committedAt)
    return opening + #","event":"# + published + "}"
  }

  /// The body on one line; as a string, where it is no JSON.
  private var published: String {
    guard JSONValue(body) != nil else {
      return quoted(String(decoding: body, as: UTF8.self))
    }
    return String(decoding: body, as: UTF8.self).escapedInsideJSON
  }

  /// For people: time, topic, number, subject, correlation and data.
  func prettyLine(inColor: Bool) -> String {
    let name = "\(topic.description.dropLast())".padded(to: 28)
    let opening =
      "\(header.committedAt.clock.styled(.dim, if: inColor))  "
      + "\(name.styled(color, if: inColor)) \("#\(header.sequence)".padded(to: 5))  "
    guard let event = try? Envelope<JSONValue>(self) else {
      return opening + String(decoding: body, as: UTF8.self).escapedForTerminal
    }
    let ids = "subject=\(event.subject) correlation=\(event.correlation.id)".escapedForTerminal
    return opening + ids.styled(.dim, if: inColor) + "  " + event.data.compact
  }

  private var color: Style {
    switch Service(rawValue: topic.stream) {
    case .alpha: .cyan
    case .beta: .green
    case .charlie: .yellow
    default: .magenta
    }
  }
}

extension Beat {
  func jsonLine(_ topic: String) -> String {
    let opening = line(
      topic: topic, stream: stream, cursor.sequence, epoch: cursor.epoch ?? Epoch(0),
      committedAt: committedAt)
    return opening + #","beat":{"floor":\#(floor)}}"#
  }

  func prettyLine(_ topic: String, inColor: Bool) -> String {
    "\(committedAt.clock)  \(topic.escapedForTerminal.padded(to: 28)) #\(cursor.sequence)  \(stream) beats"
      .styled(.dim, if: inColor)
  }
}

/// The members that events and beats have in common; the object is left open.
private func line(
  topic: String, stream: String, _ sequence: UInt64, epoch: Epoch, committedAt: Timestamp
) -> String {
  #"{"topic":\#(quoted(topic)),"stream":\#(quoted(stream)),"sequence":\#(sequence),"#
    + #""epoch":"\#(epoch)","committedAt":"\#(committedAt)""#
}

private func quoted(_ text: String) -> String {
  JSONValue.string(text).compact
}

extension JSONValue {
  /// The value as JSON on one line, with sorted keys.
  fileprivate var compact: String {
    let bytes = try? self.json()
    return bytes.map { String(decoding: $0, as: UTF8.self).escapedInsideJSON } ?? "null"
  }
}

extension Timestamp {
  /// The time of the day in UTC, to the millisecond.
  fileprivate var clock: String { String(description.dropFirst(11).prefix(12)) }
}

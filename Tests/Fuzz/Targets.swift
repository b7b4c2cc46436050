import Courier
import Events
import Foundation
import Journal
import Runtime
import Schema

@testable import Daemon

extension FuzzTarget {
  static let all = [header, beat, request, reply, envelope, json, form, yaml]

  private static let header = FuzzTarget("header") { bytes in
    guard let header = Header(bytes: bytes) else { return }
    require(Header(bytes: header.bytes) == header, "a header is not read as it is written")
  }

  private static let beat = FuzzTarget("beat") { bytes in
    let frames = frames(of: bytes, count: 3)
    guard let beat = Beat(frames: frames) else { return }
    let prefix = frames[0].prefix(255)
    require(Beat(frames: beat.frames(to: prefix)) == beat, "a beat is not read as it is written")
  }

  private static let request = FuzzTarget("request") { bytes in
    let frames = frames(of: bytes, count: 2)
    do throws(Refusal) {
      let request = try LogRequest(frames: frames[...])
      let settles = settles(request) { try? LogRequest(frames: $0.frames[...]) }
      require(settles, "a request is not read as it is written")
    } catch {
      require(error.message.utf8.count <= 1024, "a refusal is long: \(error.message)")
      require(LogReply(frames: LogReply.error(error).frames) != nil, "a refusal cannot be read")
    }
  }

  private static let reply = FuzzTarget("reply") { bytes in
    let records = bytes.dropFirst(2).count / 64
    guard let reply = LogReply(frames: frames(of: bytes, count: 2 + 3 * min(records, 4))) else {
      return
    }
    let settles = settles(reply) { LogReply(frames: $0.frames) }
    require(settles, "a reply is not read as it is written")
  }

  /// The first byte chooses the event, and the rest is the body of its newest version.
  private static let envelope = FuzzTarget("envelope") { bytes in
    guard let first = bytes.first else { return }
    let event = events[Int(first) % events.count]
    readAsEvent(event, Data(bytes.dropFirst()))
  }

  private static let json = FuzzTarget("json") { bytes in
    guard let value = try? JSONValue(parsing: bytes) else { return }
    let other = try? JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed)
    require(other != nil, "Foundation refuses what is read here")
    require(settles(value, rewrite: rewritten), "a value is not read as it is written")
  }

  private static let form = FuzzTarget("form") { bytes in
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    for (name, value) in (try? FormText.fields(text)) ?? [:] {
      require(!name.utf8.contains(0) && !value.utf8.contains(0), "a zero byte came through")
    }
    if let decoded = FormText.decoded(text) {
      require(decoded.utf8.count <= text.utf8.count, "a text grows when it is decoded")
    }
  }

  private static let yaml = FuzzTarget("yaml") { bytes in
    guard let file = try? ConfigurationFile(content: bytes, of: "fuzz.yaml") else { return }
    require(file.entries.count <= bytes.count, "a file has more entries than bytes")
  }
}

private let events: [any Event.Type] = [
  SettingsChanged.self, OrderCaptured.self, OrderApproved.self, OrderRejected.self,
  OrderCharged.self, OrderDeclined.self, OrderFinalized.self,
]

private func readAsEvent<E: Event>(_ event: E.Type, _ body: Data) {
  let topic = Topic(stream: "fuzz", type: E.schema.type, version: E.schema.version)
  let header = Header(
    schemaVersion: E.schema.version, leastReader: 1, epoch: Epoch(1), sequence: 1,
    committedAt: Timestamp(microseconds: 1), chain: .zero)
  let record = Record(topic: topic, header: header, body: body)
  guard let envelope = try? E.read(record) else { return }
  guard let written = try? envelope.body() else {
    return require(body.count > Record.maxBodyBytes / 2, "an event cannot be written again")
  }
  let again = try? E.read(Record(topic: topic, header: header, body: written))
  require(again?.data.subject == envelope.data.subject, "an event is not read as it is written")
}

/// Whether a value stays as it is from the first writing on.
///
/// The first may change it: a fraction that no double holds, such as that of an asker's id, is
/// written as the nearest double, which may be a whole number.
private func settles<Value: Equatable>(_ value: Value, rewrite: (Value) -> Value?) -> Bool {
  guard let nearest = rewrite(value) else { return false }
  return rewrite(nearest) == nearest
}

private func rewritten(_ value: JSONValue) -> JSONValue? {
  guard let written = try? value.json() else {
    fatalError("a value cannot be written")
  }
  return try? JSONValue(parsing: written)
}

/// Cuts an input into frames: each begins with its length in two bytes; the last is the rest.
private func frames(of bytes: Data, count: Int) -> [Data] {
  var rest = bytes[...]
  var frames: [Data] = []
  while frames.count < count - 1 {
    let length = rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(2)
    frames.append(Data(rest.prefix(length)))
    rest = rest.dropFirst(length)
  }
  return frames + [Data(rest)]
}

import Courier
import Events
import Foundation
import Journal
import Testing

/// The page for followers in other languages: its bytes are those of the tests and of the code, so
/// that it cannot rot.
@Suite(.timeLimit(.minutes(1)))
struct WriteAFollowerTests {
  private let page: Page
  private let topic: String
  private let header: String
  private let body: String

  init() throws {
    page = Page(try text(of: "Sources/Courier/Courier.docc/WriteAFollower.md"))
    let golden = "Tests/SchemaTests/Golden/wire/order.captured.v2"
    topic = try text(of: golden + ".topic")
    header = try text(of: golden + ".header.hex")
    body = try text(of: golden + ".body.json")
  }

  /// The golden event, read by our own code.
  private func event() throws -> Record {
    let header = try #require(Data(hex: header))
    return try #require(Record(frames: [Data(topic.utf8), header, Data(body.utf8)]))
  }

  @Test func `the event is the golden one, to the byte`() {
    for frame in [topic, header, body] { #expect(page.lines.contains(frame)) }
    #expect(page.text.contains("\(topic.utf8.count) bytes of the topic"))
    #expect(page.text.contains("\(body.utf8.count) bytes of the body"))
  }

  @Test func `the table takes the header apart, field by field`() throws {
    let rows = page.rows(of: 3).filter { $0[0].first?.isNumber == true }
    #expect(rows.map { $0[1].filter { $0 != "`" } }.joined() == header)
    var next = 0
    for row in rows {
      let numbers = row[0].split(separator: " ").compactMap { Int($0) }
      let first = try #require(numbers.first)
      let last = try #require(numbers.last)
      #expect(first == next)
      #expect(row[1].filter { $0 != "`" }.count == 2 * (last - first + 1), "\(row)")
      next = last + 1
    }
    #expect(next == Header.size)
  }

  @Test func `the chain is computed as in the page`() throws {
    let event = try event()
    let chain = Chain.zero.appending(topic: event.topic, body: event.body)
    #expect(event.header.chain == chain)
    #expect(page.text.contains("begins with `\(chain)`"))
  }

  @Test func `the beat is that of the stream after this event`() throws {
    let index = try #require(page.lines.firstIndex(of: "beta/~beat/"))
    let bytes = try #require(Data(hex: page.lines[index + 1]))
    let frames = [Data("beta/~beat/".utf8), bytes, Data(page.lines[index + 2].utf8)]
    let beat = try #require(Beat(frames: frames))
    let header = try event().header
    #expect(beat.stream == "beta")
    #expect(beat.cursor.epoch == header.epoch)
    #expect(beat.cursor.sequence == header.sequence)
    #expect(beat.cursor.chain == header.chain)
    #expect(beat.committedAt == header.committedAt)
    #expect(beat.frames(to: Data("beta/".utf8)) == frames)
    let catalogue = try #require(page.answers.compactMap(\.status?.catalogue).first)
    #expect(beat.catalogue == catalogue.hash)
    #expect(page.text.contains("line feed: `\(catalogue.hash)`"))
  }

  @Test func `the requests and replies are parsed, and encoded to the same bytes`() throws {
    let verbs = ["FETCH", "EVENTS", "FETCH", "ACK", "STATUS", "STATUS", "ERROR"]
    #expect(page.frames.map(\.verb) == verbs)
    for frames in page.frames {
      // STATUS is the verb of a request and of a reply.
      let written = [
        try? LogRequest(frames: frames.data[...]).frames, LogReply(frames: frames.data)?.frames,
      ]
      #expect(written.contains(frames.data), "\(frames.verb) \(frames.json)")
    }
    let answer = try #require(page.answers.compactMap(\.events).first)
    let header = try event().header
    #expect(answer.epoch == header.epoch)
    #expect(answer.through == header.sequence)
    #expect(answer.chain == header.chain)
  }

  @Test func `every code of an error has a row`() {
    let codes: [Refusal.Code] = [.malformed, .stream, .epoch, .ahead, .diverged, .behindFloor]
    let listed = page.rows(of: 3).map { $0[0].filter { $0 != "`" } }
    for code in codes { #expect(listed.contains(code.rawValue)) }
  }

  @Test func `the follower in Python is quoted whole, and has fewer than 60 lines`() throws {
    let program = try text(of: "Tests/Interop/settings_follower.py")
    #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count < 60)
    #expect(page.text.contains("```python\n\(program)\n```"))
  }
}

/// A file of this repository, without its last line feed.
private func text(of path: String) throws -> String {
  let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized
  let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
  return text.hasSuffix("\n") ? String(text.dropLast()) : text
}

private struct Page {
  let text: String
  let lines: [String]

  init(_ text: String) {
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The rows of its tables with this number of cells.
  func rows(of count: Int) -> [[String]] {
    lines.filter { $0.hasPrefix("| ") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }.filter { $0.count == count }
  }

  /// The requests and replies in its blocks: a verb on one line, JSON on the next.
  var frames: [TwoFrames] {
    zip(lines, lines.dropFirst()).compactMap { verb, json in
      json.hasPrefix("{") && verb == verb.uppercased() && !verb.isEmpty && !verb.hasPrefix("`")
        && verb.allSatisfy(\.isLetter)
        ? TwoFrames(verb: verb, json: json) : nil
    }
  }

  var answers: [LogReply] { frames.compactMap { LogReply(frames: $0.data) } }
}

/// A request or a reply without events.
private struct TwoFrames {
  let verb: String
  let json: String

  var data: [Data] { [Data(verb.utf8), Data(json.utf8)] }
}

extension LogReply {
  fileprivate var events: EventsAnswer? {
    if case .events(let answer, _) = self { answer } else { nil }
  }

  fileprivate var status: StatusAnswer? {
    if case .status(let answer) = self { answer } else { nil }
  }
}

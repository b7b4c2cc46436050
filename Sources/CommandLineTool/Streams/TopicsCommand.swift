import ArgumentParser
import Courier
import Events

/// `eventually topics`: what the services publish.
struct TopicsCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "topics",
    abstract: "List the topics that the services publish, and the ends of their logs.",
    usage: "eventually topics [<options>]",
    discussion: """
      The streams' publishers are asked for the versions that they publish now; earlier events may \
      have earlier versions.

      The exit code is 0; 69 when no log answers.

      EXAMPLES
        eventually topics
        eventually topics --service alpha delta --json
      """)

  @Flag(help: "Print a JSON object for each topic on a line.")
  var json = false

  @OptionGroup(title: "Where to ask") var source: SourceOptions

  /// One version of an event that a stream has now.
  struct Entry: Encodable, Hashable, Sendable {
    let topic: String
    let stream: String
    let type: String
    let version: UInt16
    let leastReader: UInt16
    let head: UInt64
    let floor: UInt64
  }

  func perform() async throws {
    let entries = try await StreamStatus.read(source.sources()).flatMap { Self.entries(in: $0) }
    if json {
      for entry in entries { Output.data.line(entry.jsonLine) }
      return
    }
    for line in Self.table(entries) { Output.data.line(line) }
  }

  static func table(_ entries: [Entry]) -> [String] {
    let rows = entries.map { entry in
      [
        entry.topic, "v\(entry.leastReader)", entry.floor.grouped, entry.head.grouped,
      ]
    }
    let heading = ["TOPIC", "LEAST READER", "LOG FROM", "TO"]
    return columns([heading] + rows, numbers: 2...3)
  }

  static func entries(in status: StatusAnswer) -> [Entry] {
    (status.catalogue?.schemas ?? []).map { schema in
      Entry(
        topic: Topic(stream: status.stream, type: schema.type, version: schema.version).description,
        stream: status.stream, type: schema.type, version: schema.version,
        leastReader: schema.leastReader, head: status.head, floor: status.floor)
    }
  }
}

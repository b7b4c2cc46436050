import ArgumentParser
import Events
import Schema
import Versions

struct SchemaListCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the events with their versions.",
    discussion: """
      An event's line has its newest version, the older ones, the service that publishes it, and \
      the compatibility that is promised for it.

      EXAMPLES
        eventually schema list
        eventually schema list --json
      """)

  @Flag(help: "Print a JSON object for each event on a line.")
  var json = false

  func perform() async throws {
    for event in Registry.eventually.events {
      Output.data.line(json ? EventView(event).jsonLine : event.line)
    }
  }
}

extension RegisteredEvent {
  /// The event as a person reads it.
  var line: String {
    let older = versions.dropLast().map { "v\($0.schema.version)" }.joined(separator: ", ")
    let numbers = "v\(newest.schema.version)" + (older.isEmpty ? "" : " (\(older))")
    return type.padded(to: 18) + numbers.padded(to: 9) + "from \(stream)".padded(to: 14)
      + compatibility.rawValue.padded(to: 21) + summary
  }
}

/// An event as a program reads it.
private struct EventView: Encodable {
  let type: String
  let stream: String
  let summary: String
  let compatibility: String
  let versions: [PayloadSchema]

  init(_ event: RegisteredEvent) {
    type = event.type
    stream = event.stream
    summary = event.summary
    compatibility = event.compatibility.rawValue
    versions = event.versions.map(\.schema)
  }
}

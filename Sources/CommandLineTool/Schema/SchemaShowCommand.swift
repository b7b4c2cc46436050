import ArgumentParser
import Events
import Schema
import Versions

struct SchemaShowCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show one version of an event: its fields, its least reader, and samples.",
    discussion: """
      EXAMPLES
        eventually schema show order.captured
        eventually schema show order.captured.v1 --json
      """)

  @Argument(help: "The event, for its newest version, or a version: order.captured.v1.")
  var version: String

  @Flag(help: "Print its JSON Schema on a line.")
  var json = false

  func perform() async throws {
    let named = try NamedVersion(version)
    let lines =
      json ? [named.event.jsonSchema(of: named.version).jsonLine] : named.lines
    for line in lines { Output.data.line(line) }
  }
}

extension NamedVersion {
  /// The version as a person reads it.
  var lines: [String] {
    let schema = version.schema
    let topic = Topic(stream: event.stream, type: event.type, version: schema.version)
    return [
      "\(version.name): \(event.summary)",
      "",
      "from           \(event.stream), topic \(topic)",
      "least reader   \(schema.leastReader): \(readers(schema))",
      "compatibility  \(event.compatibility.rawValue)",
      "can be pinned  \(version.canBePinned ? "yes: \(event.stream).pins: \(pin)" : "no")",
      "",
    ]
      + version.shape.fields.map { path, shape in
        "  \(path.padded(to: 32))\(shape.kind)"
      } + version.golden.flatMap { ["", $0.name, $0.value.indented] }
  }

  private var pin: String { "\(event.type)=\(version.schema.version)" }

  private func readers(_ schema: PayloadSchema) -> String {
    schema.leastReader == schema.version
      ? "only readers of this version or a newer one may apply it"
      : "readers from version \(schema.leastReader) on may apply it"
  }
}

import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Schema
import Versions

struct SchemaExportCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Print the schemas for other languages and tools.",
    discussion: """
      json-schema   every version's data as JSON Schema 2020-12, in one document
      asyncapi      all channels and messages as one AsyncAPI 3 document
      cloudevents   a sample event for each golden payload: a batch of CloudEvents 1.0

      EXAMPLES
        eventually schema export --format json-schema > schemas.json
        eventually schema export --format cloudevents | jq '.[0]'
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case jsonSchema = "json-schema"
    case asyncAPI = "asyncapi"
    case cloudEvents = "cloudevents"
  }

  @Option(help: "What to print.")
  var format: Format

  @Flag(help: "Print it on one line.")
  var json = false

  func perform() async throws {
    let registry = Registry.eventually
    let document =
      switch format {
      case .jsonSchema: registry.jsonSchemas
      case .asyncAPI: registry.asyncAPI(title: "Eventually", version: systemVersion)
      case .cloudEvents: registry.samples
      }
    Output.data.line(json ? document.jsonLine : document.indented)
  }
}

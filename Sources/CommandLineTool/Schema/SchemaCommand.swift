import ArgumentParser

/// `eventually schema`: the events between the services, and whether a change breaks a consumer.
struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Look at the events and their versions, check them, and export them.",
    discussion: """
      An event's version is called order.captured.v2, and order.captured is its newest one.

      EXAMPLES
        eventually schema list
        eventually schema show order.captured
        eventually schema diff order.captured.v1 order.captured.v2
        eventually schema check
        eventually schema export --format asyncapi > eventually.asyncapi.json
      """,
    subcommands: [
      SchemaListCommand.self, SchemaShowCommand.self, SchemaCheckCommand.self,
      SchemaDiffCommand.self, SchemaExportCommand.self,
    ])
}

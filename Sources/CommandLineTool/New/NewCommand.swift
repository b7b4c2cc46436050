import ArgumentParser

/// `eventually new`: the first files of something of your own.
struct NewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write the package of a new service.",
    discussion: """
      EXAMPLES
        eventually new service warehouse
      """,
    subcommands: [NewServiceCommand.self])
}

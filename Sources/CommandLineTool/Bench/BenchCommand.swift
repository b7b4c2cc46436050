import ArgumentParser

/// `eventually bench`: measures parts of the system, and changes nothing of it.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures parts of the system on this machine.",
    discussion: "Compare figures of one run: machines differ, and are noisy.",
    subcommands: [
      HopCommand.self, JournalBenchCommand.self, HopProducerCommand.self, HopConsumerCommand.self,
    ])
}

struct JournalBenchCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "journal",
    abstract: "Measures group commit, and the size of a journal that is pruned.",
    discussion: """
      First it commits events with more and more writers at once, each commit durable. Then it
      writes many events, which a consumer acknowledges, prunes the log as a daemon does, and
      shows that the files stay as large as they were.
      """)

  @Option(help: ArgumentHelp("How many events are written and pruned.", valueName: "n"))
  var events = 1_000_000

  @Option(
    help: ArgumentHelp("Where the journal is made, in a folder of its own.", valueName: "dir"))
  var folder = "."

  func perform() async throws {
    let bench = try JournalBench(in: folder)
    for writers in [1, 4, 16, 64] {
      Output.data.line(try await bench.commits(writers: writers).description)
    }
    try await bench.growth(events: events) { Output.data.line($0.description) }
  }
}

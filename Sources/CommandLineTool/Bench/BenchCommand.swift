import ArgumentParser

/// `eventually bench`: measures the system, on files of its own.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the system on this machine.",
    discussion: """
      Each benchmark makes its files in a folder of its own, and removes it. Figures go to the \
      standard output, progress to the standard error. Lost and duplicated events are counted in \
      each run, and fail it (exit code 1). Compare figures of one run only: other work on the \
      machine changes them.

      EXAMPLES
        eventually bench hop
        eventually bench catchup --events 1000000
        eventually bench orders --customers 50 --seconds 10
        eventually bench growth --events 1000000
        eventually bench wire
        eventually bench takeover --postgresql postgresql://postgres@127.0.0.1
        eventually bench statements --postgresql postgresql://postgres@127.0.0.1
      """,
    subcommands: [
      HopCommand.self, CatchUpCommand.self, OrdersCommand.self, GrowthCommand.self,
      WireCommand.self, TakeoverCommand.self, StatementsCommand.self, HopProducerCommand.self,
      HopConsumerCommand.self, HopSubscriberCommand.self,
    ])
}

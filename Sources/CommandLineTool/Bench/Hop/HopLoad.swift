import ArgumentParser

/// The number of events, and the way in which they are published.
struct HopLoad: ParsableArguments, Sendable {
  @Option(help: ArgumentHelp("The number of events.", valueName: "n"))
  var events = 100_000

  @Option(help: ArgumentHelp("The number of concurrent writers.", valueName: "n"))
  var writers = 1000

  @Option(
    help: ArgumentHelp("The events of each transaction, each with a row.", valueName: "n"))
  var perTransaction = 1

  @Option(
    help: ArgumentHelp(
      "Publish one event at a time, so many each second, to measure latency.", valueName: "n"))
  var rate: Int?

  func validate() throws {
    for (name, value) in [
      ("--events", events), ("--writers", writers), ("--per-transaction", perTransaction),
      ("--rate", rate ?? 1),
    ] where !(1...1_000_000_000).contains(value) {
      throw ValidationError("\(name) \(value): choose a number from 1 to 1000000000.")
    }
  }

  /// The load of other writers and fewer events.
  func with(writers: Int, events: Int) -> HopLoad {
    var load = self
    load.writers = writers
    load.events = events
    return load
  }

  /// The same load as arguments of another process.
  var arguments: [String] {
    let load = [
      "--events", "\(events)", "--writers", "\(writers)", "--per-transaction", "\(perTransaction)",
    ]
    return load + (rate.map { ["--rate", "\($0)"] } ?? [])
  }

  /// For people: `1,000 writers, 1 event in each transaction`.
  var description: String {
    if let rate { return "one at a time, \(rate.grouped) events/s" }
    let events = perTransaction == 1 ? "1 event" : "\(perTransaction.grouped) events"
    let writers = writers == 1 ? "1 writer" : "\(writers.grouped) writers"
    return "\(writers), \(events) in each transaction"
  }
}

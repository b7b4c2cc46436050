import ArgumentParser
import FoundationEssentials

/// `eventually bench growth`: what publishing costs as the log grows.
struct GrowthCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth",
    abstract: "Measure what publishing costs as the log grows from 10 thousand events.",
    usage: "eventually bench growth [<options>]",
    discussion: """
      A service publishes events while its log grows to the given size, because a consumer does \
      not acknowledge. The cost of publishing must not grow with the log. With --pruned, the \
      consumer acknowledges and the log is pruned as a daemon does it: the files must not grow.

      EXAMPLES
        eventually bench growth --events 1000000
        eventually bench growth --pruned --events 1000000
      """)

  @Option(help: ArgumentHelp("The number of events in the log at the end.", valueName: "n"))
  var events = 10_000_000

  @Flag(help: "Acknowledge and prune the events, and print the size of the files.")
  var pruned = false

  @OptionGroup var place: BenchOptions

  /// The size at which the first measurement is made.
  private static let smallest = 10_000
  /// The bytes of the files for each event, roughly.
  private static let bytesPerEvent = 1_000

  func validate() throws {
    guard (Self.smallest...1_000_000_000).contains(events) else {
      throw ValidationError("--events \(events): choose a number from 10000 to 1000000000.")
    }
  }

  func perform() async throws {
    let events = events
    let pruned = pruned
    let place = place
    try await untilInterrupted {
      try await BenchFolder.with(in: place.folder) { folder in
        if pruned {
          try await PrunedLog(in: folder).run(events: events, json: place.json)
        } else {
          try Self.checkSpace(for: events, in: folder.path)
          let report = try await GrowingLog(in: folder).run(to: events, from: Self.smallest)
          Output.data.line(
            place.json ? report.jsonLine : "\(report.table)\n\(HopReport.durability)")
        }
      }
    }
  }

  private static func checkSpace(for events: Int, in folder: String) throws {
    let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder)
    let free = attributes[.systemFreeSize] as? Int ?? .max
    let needed = events * bytesPerEvent
    guard free < needed else { return }
    throw Failure(
      .configuration,
      """
      \(events.grouped) events take about \((needed >> 20).grouped) MiB, and \
      \((free >> 20).grouped) MiB are free in \(folder). Choose fewer with --events, or another \
      disk with --folder.
      """)
  }
}

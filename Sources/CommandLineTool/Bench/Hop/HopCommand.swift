import ArgumentParser
import Daemon
import FoundationEssentials

/// `eventually bench hop`: events from one service to another, each a process of its own.
struct HopCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "hop",
    abstract: "Measure durable events between two services, each a process of its own.",
    usage: "eventually bench hop [<options>]",
    discussion: """
      The producer writes a row and emits an event in each transaction. The consumer receives it \
      over ipc, and stores a row in the transaction of its cursor. Both journals are files, and \
      every commit is on disk, as in production. The lines that a daemon logs for each event are \
      not written.

      EXAMPLES
        eventually bench hop
        eventually bench hop --events 200000 --writers 1000 --json
        eventually bench hop --events 5000 --rate 1000
        eventually bench hop --plot writers.svg
        eventually bench hop --stopped-subscriber
      """)

  @OptionGroup var load: HopLoad
  @OptionGroup var place: BenchOptions

  @Option(
    help: ArgumentHelp(
      "Measure with fewer writers too, and draw events/s against writers (SVG).",
      valueName: "file"))
  var plot: String?

  @Flag(
    help: """
      Run it three times alone and three times beside a subscriber of all events that is stopped, \
      as a sniffer after Ctrl-Z is, and print the ratio of the events/s.
      """)
  var stoppedSubscriber = false

  func validate() throws {
    guard !stoppedSubscriber || (load.rate == nil && plot == nil) else {
      throw ValidationError("--stopped-subscriber compares events/s: leave out --rate and --plot.")
    }
    guard plot == nil || load.rate == nil else {
      throw ValidationError("--plot draws events/s: leave out --rate.")
    }
  }

  func perform() async throws {
    if stoppedSubscriber { return try await compare() }
    let load = load
    let place = place
    let plot = plot
    let (report, bodyBytes) = try await untilInterrupted {
      let points = try await Self.points(below: load, in: place.folder, isPlotted: plot != nil)
      let last = try await Hop(load: load).run(in: place.folder)
      if let plot { try Self.draw(points, last: last.0, load: load, in: plot) }
      return last
    }
    if place.json {
      Output.data.line(report.jsonLine)
    } else {
      let table = report.table(
        "hop", load: load.description, events: load.events, bodyBytes: bodyBytes)
      Output.data.line("\(table)\n\(HopReport.durability)")
    }
    try report.check()
  }

  /// The events/s with fewer writers than asked for; none without a plot.
  private static func points(below load: HopLoad, in folder: String, isPlotted: Bool) async throws
    -> [ThroughputPlot.Point]
  {
    var points: [ThroughputPlot.Point] = []
    for writers in [1, 4, 16, 64, 256, 1024, 4096] where isPlotted && writers < load.writers {
      // A single writer waits for the disk at each event.
      let events = min(load.events, writers * 2000)
      let (report, _) = try await Hop(load: load.with(writers: writers, events: events))
        .run(in: folder)
      try report.check()
      points.append(.init(writers: writers, eventsPerSecond: report.eventsPerSecond))
    }
    return points
  }

  private static func draw(
    _ points: [ThroughputPlot.Point], last: HopReport, load: HopLoad, in file: String
  ) throws {
    let path = absolute(file, in: Folders.ofThisProcess.working)
    let plot = ThroughputPlot(
      title: "Durable events between two services",
      points: points + [.init(writers: load.writers, eventsPerSecond: last.eventsPerSecond)])
    do {
      try Data((plot.svg + "\n").utf8).write(to: URL(fileURLWithPath: path))
    } catch {
      throw Failure(
        .configuration, "\(path) cannot be written (\(error)). Name another file with --plot.")
    }
    Output.notes.line("hop: the plot is in \(path)")
  }
}

/// The options of every benchmark.
struct BenchOptions: ParsableArguments, Sendable {
  @Option(
    help: ArgumentHelp(
      "Where the files are made, in a folder that is removed at the end.", valueName: "dir"))
  var folder = "."

  @Flag(help: "Print one JSON object.")
  var json = false
}

/// One run of the hop.
struct Hop: Sendable {
  let load: HopLoad

  /// - Parameters:
  ///   - parent: where the run makes its folder.
  ///   - besideStopped: whether a stopped process subscribes to the producer meanwhile.
  /// - Returns: the report, and the bytes of one event's body.
  func run(in parent: String, besideStopped: Bool = false) async throws
    -> (HopReport, bodyBytes: Int)
  {
    try await BenchFolder.with(in: parent) { folder in
      try await withProcessGroup { group in
        let place = ["--folder", folder.path]
        return try await BenchProcess.with(
          [HopService.producer.rawValue] + load.arguments + place, in: group
        ) { producer in
          try await BenchProcess.with(
            [HopService.consumer.rawValue, "--events", "\(load.events)"] + place, in: group
          ) { consumer in
            guard besideStopped else { return try await measure(producer, consumer: consumer) }
            return try await HopSubscriber.whileStopped(in: group, place: place) {
              try await measure(producer, consumer: consumer)
            }
          }
        }
      }
    }
  }

  private func measure(_ producer: BenchProcess, consumer: BenchProcess) async throws
    -> (HopReport, bodyBytes: Int)
  {
    let _: BenchState = try await producer.wait(for: "ready")
    let _: BenchState = try await consumer.wait(for: "ready")
    Output.notes.line("hop: \(load.events.grouped) events, \(load.description)")
    let meter = try HopMeter(producer, consumer: consumer, events: load.events)
    try await consumer.order(.begin)
    try await producer.order(.begin)
    let (published, applied) = try await lines(of: producer, consumer)
    let report = HopReport(
      eventsPerSecond: meter.eventsPerSecond(from: published.startedAt, to: applied.endedAt),
      cpu: try meter.cpu, flushesPerThousand: meter.flushesPerThousand,
      receivedMicroseconds: applied.received, committedMicroseconds: applied.committed,
      lost: applied.lost, duplicated: applied.duplicated)
    if applied.lost == 0 {
      let _: BenchState = try await producer.wait(for: "acknowledged")
      Output.notes.line("hop: the consumer has acknowledged the last event")
    }
    return (report, published.bodyBytes)
  }

  private enum Line: Sendable {
    case published(HopProducer.Published)
    case applied(HopConsumer.Applied)
  }

  /// Waits for both processes at once: where one ends early, the run fails without the other.
  private func lines(of producer: BenchProcess, _ consumer: BenchProcess) async throws
    -> (HopProducer.Published, HopConsumer.Applied)
  {
    try await withThrowingTaskGroup(of: Line.self) { group in
      group.addTask { .published(try await producer.wait(for: "published")) }
      group.addTask { .applied(try await consumer.wait(for: "applied")) }
      var published: HopProducer.Published?
      var applied: HopConsumer.Applied?
      for try await line in group {
        switch line {
        case .published(let line):
          published = line
          Output.notes.line("hop: all events are published")
        case .applied(let line): applied = line
        }
      }
      guard let published, let applied else { throw CancellationError() }
      return (published, applied)
    }
  }
}

import ArgumentParser
import Courier
import Daemon
import Events
import Journal

/// `eventually bench consumer`, which the benchmarks start themselves: applies the events.
struct HopConsumerCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: HopService.consumer.rawValue,
    abstract: "The following process of a benchmark.", shouldDisplay: false)

  @Option(help: "The number of events.")
  var events: Int

  @Option(help: "The folder of the journal and the sockets.")
  var folder: String

  @Flag(help: "Follow from the order to begin on, and not before.")
  var late = false

  func perform() async throws {
    let consumer = try HopConsumer(events: events, folder: folder)
    defer { consumer.close() }
    try await consumer.run(on: BenchOrder.fromStandardInput(), isLate: late)
  }
}

/// Stores a row for each event, in the transaction of its cursor.
struct HopConsumer: Sendable {
  /// The time for the first message, and that without a commit after which the remaining events
  /// count as lost.
  static let patience = Duration.seconds(30)

  private let events: Int
  private let journal: ServiceJournal
  private let courier: ServiceCourier
  private let tally: HopTally

  init(events: Int, folder: String) throws {
    self.events = events
    let service = HopService.consumer
    let tally = HopTally(expecting: events)
    self.tally = tally
    let producer = HopService.producer
    journal = try ServiceJournal(
      service.journal(in: folder), of: service.rawValue, migrations: [Self.table],
      reactions: Reactions([
        .on(HopEvent.self, from: producer.rawValue) { envelope, transaction in
          tally.receive(envelope.sequence, publishedAt: envelope.data.publishedAt)
          try transaction.run(
            "INSERT INTO effects (name, number) VALUES (\(envelope.subject), \(envelope.data.number))"
          )
          return .done
        }
      ]), expecting: [], runtime: .system, reporting: { tally.commit($0.outcomes) })
    courier = ServiceCourier(
      journal: journal, own: service.endpoints(in: folder),
      following: [producer.endpoints(in: folder)], runtime: .system, logger: service.logger)
  }

  private static let table = Migration(
    "consumer-1-effects",
    sql: """
      CREATE TABLE effects (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, number INTEGER NOT NULL)
      """)

  func close() {
    try? journal.close()
  }

  /// Applies the producer's events, and answers until the orders end.
  ///
  /// - Parameter isLate: whether it follows only when it is ordered to.
  func run(on orders: AsyncStream<BenchOrder>, isLate: Bool) async throws {
    if isLate {
      Output.data.line(BenchState(state: "ready").jsonLine)
      guard await orders.first(where: { $0 == .begin }) != nil else { return }
    }
    try await courier.running {
      if !isLate {
        try await awaitPublisher()
        Output.data.line(BenchState(state: "ready").jsonLine)
        guard await orders.first(where: { $0 == .begin }) != nil else { return }
      }
      await awaitEvents()
      Output.data.line(try await applied().jsonLine)
      for await _ in orders {}
    }
  }

  /// The courier shows its state, and reports no change of it.
  private func awaitPublisher() async throws {
    let patience = Patience(Self.patience, RuntimeContext.system.uptime)
    let isLive = try await patience.untilFound(graceful: false) {
      courier.subscriptions.first?.state == .live ? .found(true) : .notYet
    }
    guard isLive != nil else {
      throw Failure(
        .timedOut, "the publisher is not followed after \(Self.patience.inSeconds).")
    }
  }

  private func awaitEvents() async {
    while !tally.isComplete.isOpen {
      let before = tally.applied
      await tally.isComplete.wait(atMost: Self.patience)
      if tally.applied == before { return }
    }
  }

  /// The consumer's line when every event is committed, or none was for a long time.
  struct Applied: Codable, Sendable {
    var state = "applied"
    /// `CLOCK_MONOTONIC` after the commit of the last event.
    let endedAt: UInt64
    let received: Percentiles
    let committed: Percentiles
    let lost: Int
    let duplicated: Int
    /// The events that were fetched from the log instead of being received live.
    let recovered: UInt64
  }

  /// The losses are counted in the table of the effects: it is the service's own knowledge.
  private func applied() async throws -> Applied {
    let row = try await journal.read {
      try $0.row("SELECT COUNT(*) AS stored, COUNT(DISTINCT number) AS numbers FROM effects")
    }
    let stored: Int = try row?.value("stored") ?? 0
    let numbers: Int = try row?.value("numbers") ?? 0
    let figures = tally.figures
    return Applied(
      endedAt: figures.endedAt, received: Percentiles(figures.received),
      committed: Percentiles(figures.committed), lost: events - numbers,
      duplicated: stored - numbers, recovered: courier.subscriptions.first?.counts.recovered ?? 0)
  }
}

import Courier
import Journal
import Logging
import Runtime

/// Runs one service of a machine: publishes its log, and follows other services' logs.
func run(
  _ journal: ServiceJournal, following streams: [String], in folder: String,
  runtime: RuntimeContext
) async throws {
  let endpoints = { (stream: String) in
    StreamEndpoints(
      stream: stream, events: "ipc://\(folder)/\(stream).events",
      log: "ipc://\(folder)/\(stream).log")
  }
  let courier = ServiceCourier(
    journal: journal, own: endpoints(journal.stream), following: streams.map(endpoints),
    runtime: runtime, logger: Logger(label: journal.stream))
  try await courier.run()
}

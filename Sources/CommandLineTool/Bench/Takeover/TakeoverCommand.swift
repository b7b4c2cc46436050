import ArgumentParser

/// `eventually bench takeover`: the time from the kill of a replica to the next finalized order.
struct TakeoverCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "takeover",
    abstract: "Measure the time from the kill of a replica to the next finalized order.",
    usage: "eventually bench takeover --postgresql <url> [<options>]",
    discussion: """
      The replicas of each service run as under `eventually up`, on free ports, and approve every \
      order. The holders of the roles of Alpha, Beta and Charlie are killed in turn (SIGKILL). After \
      each kill an order begins, at the replicas that are left; the time until Alpha has finalized \
      it counts. More customers order meanwhile. At the end Alpha must have finalized each order, and \
      Charlie charged it, exactly once.

      A replica that was killed stays away until that order is finalized. With --restart it is \
      started again after 0.2 s, as `up` does it.

      EXAMPLES
        eventually bench takeover --postgresql postgresql://postgres@127.0.0.1
        eventually bench takeover --postgresql postgresql://postgres@127.0.0.1 --kills 20 --restart
      """)

  @Option(
    help: ArgumentHelp(
      "The server of PostgreSQL for the journals, in databases that are removed afterwards.",
      valueName: "url"))
  var postgresql: String

  @Option(help: ArgumentHelp("The number of kills.", valueName: "n"))
  var kills = 20

  @Flag(help: "Start a replica that was killed again at once.")
  var restart = false

  @Option(help: ArgumentHelp("The replicas of each service.", valueName: "n"))
  var replicas = 2

  @Option(help: ArgumentHelp("The number of customers that order meanwhile.", valueName: "n"))
  var customers = 4

  @OptionGroup var place: BenchOptions

  func validate() throws {
    guard (1...10_000).contains(kills) else {
      throw ValidationError("--kills \(kills): choose a number from 1 to 10000.")
    }
    guard (2...UpReplicas.limit).contains(replicas) else {
      throw ValidationError(
        "--replicas \(replicas): choose a number from 2 to \(UpReplicas.limit).")
    }
    guard (0...1000).contains(customers) else {
      throw ValidationError("--customers \(customers): choose a number from 0 to 1000.")
    }
  }

  func perform() async throws {
    let command = self
    let report = try await untilInterrupted { try await command.measure() }
    Output.data.line(place.json ? report.jsonLine : "\(report.table)\n\(UpReplicas.durability)")
    try checkLosses(lost: report.lost, duplicated: report.duplicated)
  }

  private func measure() async throws -> TakeoverReport {
    try await BenchFolder.with(in: place.folder) { folder in
      try await withProcessGroup { group in
        let deployment = try BenchDeployment(
          in: folder, group: group,
          replicas: UpReplicas(ofBenchmark: replicas, server: postgresql)
        ) { _ in [] }
        defer { deployment.removeDatabases() }
        Output.notes.line("takeover: the daemons start")
        return try await deployment.running { _ in
          try await TakeoverBench(deployment: deployment, kills: kills, restarts: restart)
            .run(customers: customers)
        }
      }
    }
  }
}

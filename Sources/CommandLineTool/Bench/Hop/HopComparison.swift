/// Hops of one run: alone, and beside a stopped subscriber, in turn.
struct HopComparison: Codable, Hashable, Sendable {
  /// The hops of each kind.
  static let rounds = 3

  let alone: [HopReport]
  let besideStopped: [HopReport]
  /// The median of the events/s beside the stopped subscriber, as a part of that alone.
  let ratio: Double

  init(alone: [HopReport], besideStopped: [HopReport]) {
    self.alone = alone
    self.besideStopped = besideStopped
    let base = alone.map(\.eventsPerSecond).median
    ratio = base > 0 ? (besideStopped.map(\.eventsPerSecond).median / base).inThousandths : 0
  }

  /// The report for people.
  func table(load: HopLoad, bodyBytes: Int) -> ReportTable {
    var table = ReportTable(
      "hop: \(load.events.grouped) events of \(bodyBytes) bytes; \(load.description)")
    for (name, reports) in [("alone", alone), ("beside", besideStopped)] {
      let figures = reports.map(\.eventsPerSecond)
      table.add(
        name, figure: figures.median.rounded3,
        meaning: "events/s, the median of \(figures.map(\.rounded3).joined(separator: "; "))")
    }
    table.add(
      "ratio", figure: "\((ratio * 100).rounded3) %",
      meaning: "beside a stopped subscriber, of that alone")
    let all = alone + besideStopped
    table.add(
      lost: all.map(\.lost).reduce(0, +), duplicated: all.map(\.duplicated).reduce(0, +))
    return table
  }
}

extension HopCommand {
  /// Measures without the stopped subscriber and with it in turn, and prints the ratio.
  func compare() async throws {
    let load = load
    let folder = place.folder
    let (comparison, bodyBytes) = try await untilInterrupted {
      var reports: [Bool: [HopReport]] = [:]
      var bodyBytes = 0
      for round in 0..<HopComparison.rounds {
        // The order changes, so that what changes with time touches both.
        for besideStopped in round.isMultiple(of: 2) ? [false, true] : [true, false] {
          let (report, bytes) = try await Hop(load: load)
            .run(in: folder, besideStopped: besideStopped)
          reports[besideStopped, default: []].append(report)
          bodyBytes = bytes
        }
      }
      let comparison = HopComparison(
        alone: reports[false] ?? [], besideStopped: reports[true] ?? [])
      return (comparison, bodyBytes)
    }
    if place.json {
      Output.data.line(comparison.jsonLine)
    } else {
      let table = comparison.table(load: load, bodyBytes: bodyBytes)
      Output.data.line("\(table)\n\(HopReport.durability)")
    }
    for report in comparison.alone + comparison.besideStopped { try report.check() }
  }
}

/// The figures of the takeovers; the JSON of `bench takeover`.
struct TakeoverReport: Codable, Hashable, Sendable {
  let kills: Int
  /// Whether each replica that was killed was started again at once.
  let restarted: Bool
  let orders: Int
  /// From a kill to the end of the first order that began after it.
  let nextFinalizedMicroseconds: Percentiles
  /// The same for the kills of each service.
  let byService: [String: Percentiles]
  let lost: Int
  let duplicated: Int

  /// - Parameters:
  ///   - kills: the number of kills.
  ///   - restarted: whether each replica was started again at once.
  ///   - orders: the number of orders.
  ///   - takeovers: the times after the kills of each service, in microseconds.
  ///   - lost: the orders that are not finalized, or not charged.
  ///   - duplicated: the orders that were charged more than once, or that no customer made.
  init(
    kills: Int, restarted: Bool, orders: Int, takeovers: [Service: LatencyHistogram], lost: Int,
    duplicated: Int
  ) {
    self.kills = kills
    self.restarted = restarted
    self.orders = orders
    var all = LatencyHistogram()
    var byService: [String: Percentiles] = [:]
    for (service, times) in takeovers {
      all.merge(times)
      byService[service.rawValue] = Percentiles(times)
    }
    nextFinalizedMicroseconds = Percentiles(all)
    self.byService = byService
    self.lost = lost
    self.duplicated = duplicated
  }

  /// The report for people.
  var table: ReportTable {
    var table = ReportTable(
      """
      takeover: \(kills.grouped) kills of a replica that \
      \(restarted ? "starts again at once" : "stays away"); \(orders.grouped) orders
      """)
    table.add(takeover: "all ms", nextFinalizedMicroseconds)
    for (service, times) in byService.sorted(by: { $0.key < $1.key }) {
      table.add(takeover: "\(service) ms", times)
    }
    table.add(lost: lost, duplicated: duplicated)
    return table
  }
}

extension ReportTable {
  fileprivate mutating func add(takeover name: String, _ times: Percentiles) {
    add(
      name, figure: (Double(times.p50) / 1000).rounded3,
      meaning: "kill to the next finalized order, p50; max \((Double(times.max) / 1000).rounded3)")
  }
}

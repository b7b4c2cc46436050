import Events

/// One run of the kills, measured.
struct TakeoverBench: Sendable {
  let deployment: BenchDeployment
  let kills: Int
  /// Whether a replica that was killed is started again at once.
  let restarts: Bool

  /// The services whose replicas are killed in turn: every order needs each of them.
  private static let services: [Service] = [.alpha, .beta, .charlie]

  func run(customers count: Int) async throws -> TakeoverReport {
    let customer = TakeoverCustomer(
      alphas: try deployment.clients(.alpha), betas: try deployment.clients(.beta))
    let isOver = Latch()
    return try await withThrowingTaskGroup(of: [String].self) { customers in
      defer { customers.cancelAll() }
      for _ in 0..<count { customers.addTask { try await customer.orders(until: isOver) } }
      var takeovers: [Service: LatencyHistogram] = [:]
      // The first one is not measured: every connection is made by then.
      var orders = [try await customer.order()]
      for number in 0..<kills {
        let service = Self.services[number % Self.services.count]
        let holder = try await holder(of: service)
        let (order, time) = try await takeover(from: holder, customer: customer)
        orders.append(order)
        takeovers[service, default: LatencyHistogram()].record(time / 1000)
        Output.notes.line(
          """
          takeover: \(number + 1) of \(kills), \(holder) was killed, \
          \((Double(time) / 1e6).rounded3) ms
          """)
      }
      isOver.open()
      for try await more in customers { orders += more }
      let books = try await OrdersBooks(
        alpha: deployment.client(.alpha), charlie: deployment.client(.charlie))
      return TakeoverReport(
        kills: kills, restarted: restarts, orders: orders.count, takeovers: takeovers,
        lost: books.lost(of: orders), duplicated: books.duplicated(of: orders))
    }
  }

  /// Kills a replica, and waits for the next order.
  ///
  /// - Returns: the order, and the time from the kill to its end, in nanoseconds.
  private func takeover(
    from holder: UpMember, customer: TakeoverCustomer
  ) async throws -> (order: String, time: UInt64) {
    let absence = DaemonLives.Absence(longest: restarts ? Restarts.firstPause : nil)
    let killedAt = monotonicNanoseconds()
    try deployment.kill(holder, until: absence)
    let order = try await customer.order()
    let time = monotonicNanoseconds() - killedAt
    absence.over.open()
    try await deployment.awaitReadiness(holder)
    return (order, time)
  }

  /// The replica that publishes the stream of a service, which has the other roles too as a rule.
  private func holder(of service: Service) async throws -> UpMember {
    let bus = try await OperatorRequest(deployment.client(service)).get("/api/bus")
    let roles = bus["roles"]?.items ?? []
    guard
      let replica = roles.first(where: { $0["role"]?.string == "publish" })?["replica"]?.string
    else { throw Failure(.refused, "no replica of \(service) publishes.") }
    return UpMember(service, replica: replica)
  }
}

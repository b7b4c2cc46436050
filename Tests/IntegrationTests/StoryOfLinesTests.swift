import Testing

extension Stories {
  /// The log of one order, over all services and all their runs.
  @Suite("The lines of an order", .serialized, .timeLimit(.minutes(1)))
  struct LinesOfAnOrder {
    /// A line, with the service that wrote it.
    private struct Line: CustomStringConvertible {
      let service: ServiceName
      let line: OutputLine

      var time: String { line.json["@timestamp"].text }
      var description: String { "\(service) \(line.message)" }
    }

    /// The lines of one piece of work, in the order of their times: one query.
    private func lines(of work: String, in deployment: Deployment) -> [Line] {
      ServiceName.allCases.flatMap { service in
        deployment.lines(service).filter { $0.correlationID == work }
          .map { Line(service: service, line: $0) }
      }.sorted { $0.time < $1.time }
    }

    @Test
    func
      `a dead letter, another's approval, a failure, a crash and a decline are one query, in causal order`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let other = try await deployment.order("another")
        try await deployment.approve(other, headers: ["X-Request-ID": "clerk-1"])
        try await deployment.finished(other)

        // The capture is a dead letter at Alpha, until an operator tries it again.
        try await deployment.stop(.alpha)
        let order = try await deployment.order(
          "test-decline-51", headers: ["X-Request-ID": "customer-7"])
        try deployment.killLetter(about: order)
        try await deployment.start(.alpha)
        let letter = "0199e8a2-0000-7000-8000-000000000001"
        try await deployment.eventually(
          ["dead-letters", "retry", "alpha", letter] + deployment.addresses())

        // The gateway fails, since another program holds its books, and Charlie dies meanwhile.
        let holder = try await Stranger(
          "\(deployment.stateFolder(.charlie))/gateway.sqlite", "BEGIN EXCLUSIVE")
        try await deployment.approve(order, headers: ["X-Request-ID": "clerk-2"])
        // Dead in the second call, which the next run resumes.
        try await deployment[.charlie].logged("the second call") {
          $0.message == "charging order \(order.id), attempt 2"
        }
        try await deployment[.charlie].kill()
        try await holder.end()
        try await deployment.start(.charlie)
        try await deployment.finished(order)

        let story = lines(of: "customer-7", in: deployment)
        check(story, tells: steps(of: order))
        for line in story { #expect(line.line.orderID ?? order.id == order.id, "\(line.line)") }
        for service in ServiceName.allCases {
          for line in deployment.lines(service) where line.orderID == order.id {
            #expect(line.correlationID == "customer-7", "\(line)")
          }
        }
        let approval = try #require(
          story.first { $0.description == "alpha order.approved emitted" })
        #expect(approval.line.requestID == "clerk-2")
        checkCauses(of: story)
      }
    }

    private func steps(of order: Order) -> [String] {
      [
        "beta order.captured emitted",
        "beta POST /api/carts/\(order.cart.id)/checkout 202",
        "alpha order.captured applied",
        "alpha dead letter 0199e8a2-0000-7000-8000-000000000001 (beta/order.captured #2): retry, done",
        "alpha order.approved emitted",
        "alpha POST /api/orders/\(order.id)/approve 200",
        "charlie charging order \(order.id), attempt 1",
        "charlie the gateway did not charge order \(order.id), it is asked again",
        "charlie charging order \(order.id), attempt 2",
        "charlie charging order \(order.id), attempt 2, resumed after a restart",
        "charlie order.declined emitted",
        "alpha order.declined applied",
        "alpha order.finalized emitted",
        "beta order.finalized applied",
      ]
    }

    /// The steps are among the lines, in this order.
    private func check(_ story: [Line], tells steps: [String]) {
      var rest = story[...]
      for step in steps {
        guard let place = rest.firstIndex(where: { $0.description.hasPrefix(step) }) else {
          let all = story.map { "\($0.time) \($0)" }.joined(separator: "\n")
          Issue.record("“\(step)” is missing, or too early, in\n\(all)")
          return
        }
        rest = story[(place + 1)...]
      }
    }

    /// Each line about an event comes after that of its emission, and after that of its cause.
    private func checkCauses(of story: [Line]) {
      var emitted: Set<String> = []
      for line in story {
        guard let event = line.line.eventID else { continue }
        if line.line.message.hasSuffix(" emitted") {
          if let cause = line.line.causationID { #expect(emitted.contains(cause), "\(line.line)") }
          emitted.insert(event)
        } else {
          #expect(emitted.contains(event), "\(line.line)")
        }
      }
      #expect(emitted.count == 4, "captured, approved, declined, finalized")
    }
  }
}

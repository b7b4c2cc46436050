import Foundation
import Testing

extension Stories {
  /// The spans of the four daemons, as one collector has them.
  @Suite("Spans of an order", .serialized, .timeLimit(.minutes(2)))
  struct Spans {
    private static let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let approver = "00-11111111111111111111111111111111-2222222222222222-01"

    /// An order that a person approves, and all spans of it.
    private func order() async throws -> [CollectedSpan] {
      let collector = try TestCollector()
      defer { collector.stop() }
      let environment = ["OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint]
      try await withDeployment(environment: environment) { deployment in
        try await deployment.start()
        let order = try await deployment.order(
          headers: ["traceparent": Self.caller, "tracestate": "congo=t61"])
        _ = try await deployment.approve(order, headers: ["traceparent": Self.approver])
        try await deployment.finished(order)
        // The shutdown sends what is left.
        for service in ServiceName.allCases { try await deployment.stop(service) }
      }
      return collector.spans
    }

    @Test func `all spans of an order are one tree, with a link to the approval`() async throws {
      let all = try await order()
      let spans = all.filter { $0.traceId == "0af7651916cd43dd8448eb211c80319c" }
      let byID = Dictionary(grouping: spans) { $0.spanId }
      #expect(byID.allSatisfy { $0.value.count == 1 }, "an id is used twice")
      func parent(_ span: CollectedSpan) -> CollectedSpan? {
        span.parentSpanId.flatMap { byID[$0]?.first }
      }
      let roots = spans.filter { parent($0) == nil }
      #expect(roots.map(\.name) == ["POST /api/carts/:id/checkout"])
      #expect(roots.first?.parentSpanId == "b7ad6b7169203331")
      let edges = Set(
        spans.compactMap { span in
          parent(span).map { "\($0.service) \($0.name) > \(span.service) \(span.name)" }
        })
      for edge in Self.edges {
        #expect(edges.contains(edge), "no \(edge) in \(edges.sorted().joined(separator: "\n"))")
      }
      for span in spans {
        let kind = ["publish": 4, "process": 5, "charge": 3, "POST": 2]
        #expect(span.kind == kind[String(span.name.prefix { $0 != " " })], "\(span.name)")
        #expect(span.status == nil, "\(span.name)")
        #expect(UInt64(span.startTimeUnixNano) ?? 0 <= UInt64(span.endTimeUnixNano) ?? 0)
      }
      let approved = try #require(spans.first { $0.name == "publish order.approved" })
      let approval = try #require(all.first { $0.name == "POST /api/orders/:id/approve" })
      #expect(approval.traceId == "11111111111111111111111111111111")
      #expect(approval.parentSpanId == "2222222222222222")
      #expect(approved.links?.map(\.spanId) == [approval.spanId])
      #expect(approved.links?.map(\.traceId) == [approval.traceId])
      // Over the decision of a person and the charge, which are stored in between.
      for span in spans where span.name.hasPrefix("publish order.") {
        #expect(span.traceState == "congo=t61", "\(span.name)")
      }
    }

    /// Each service's reaction is below the event, and each event below the reaction or the request.
    private static let edges = [
      "beta POST /api/carts/:id/checkout > beta publish order.captured",
      "beta publish order.captured > alpha process order.captured",
      "beta publish order.captured > overlord process order.captured",
      "alpha process order.captured > alpha publish order.approved",
      "alpha publish order.approved > charlie process order.approved",
      "alpha publish order.approved > beta process order.approved",
      "charlie process order.approved > charlie charge",
      "charlie process order.approved > charlie publish order.charged",
      "charlie publish order.charged > alpha process order.charged",
      "alpha process order.charged > alpha publish order.finalized",
      "alpha publish order.finalized > beta process order.finalized",
      "alpha publish order.finalized > overlord process order.finalized",
    ]
  }
}

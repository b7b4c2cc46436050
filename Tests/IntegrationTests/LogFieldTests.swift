import Events
import Foundation
import Testing

extension Stories {
  /// The lines of daemons beside the field list of the Elastic Common Schema, and how many they are.
  @Suite("Fields of lines", .serialized, .timeLimit(.minutes(1)))
  struct LogFields {
    /// How a type of the schema is written in JSON.
    private enum Kind {
      case text, number, time
    }

    /// The kinds of all fields, from the list of the schema (`Tests/Interop/ecs_fields.csv`).
    private static func schema() throws -> [String: Kind] {
      let list = try String(contentsOfFile: "\(Interop.folder)/ecs_fields.csv", encoding: .utf8)
      let rows = list.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
      try #require(rows.first == ["Field", "Type"])
      let kinds: [String: Kind] = [
        "keyword": .text, "match_only_text": .text, "wildcard": .text, "ip": .text,
        "long": .number, "date": .time,
      ]
      return Dictionary(
        uniqueKeysWithValues: rows.dropFirst().compactMap { row in
          kinds[row[1]].map { (row[0], $0) }
        })
    }

    private func check(_ line: OutputLine, by schema: [String: Kind]) {
      guard case .object(let members) = line.json.value else { return }
      for (name, value) in members where !name.hasPrefix("labels.") {
        switch schema[name] {
        case .text: #expect(value.string != nil, "\(name) in \(line)")
        case .number:
          guard case .integer = value else {
            Issue.record("\(name) is no number: \(line)")
            continue
          }
        case .time: #expect(value.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z/) != nil)
        case nil: Issue.record("\(name) is no field of the schema: \(line)")
        }
      }
      let always = [
        "@timestamp", "message", "log.level", "ecs.version", "service.name", "service.node.name",
        "service.version", "process.pid",
      ]
      for name in always { #expect(line.json[name] != .null, "\(name) is missing in \(line)") }
      if let outcome = line.json["event.outcome"].string {
        #expect(["success", "failure", "unknown"].contains(outcome))
      }
      if ["warning", "error", "critical"].contains(line.level) {
        #expect(line.json["error.message"].string != nil, "\(line)")
      }
    }

    @Test
    func `every field is one of the schema, or a label`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let orders = [
          try await deployment.order("test-fail-1"), try await deployment.order("test-decline-51"),
        ]
        try await deployment.finished(orders)
        _ = try await deployment.http(.alpha).get("/api/nowhere")
        try await deployment.stop(.beta)
        try await deployment[.alpha].logged("that Beta is away") { $0.level == "warning" }
        let schema = try Self.schema()
        for service in ServiceName.allCases {
          let lines = deployment.lines(service).filter { $0.json != .null }
          #expect(!lines.isEmpty)
          for line in lines { check(line, by: schema) }
        }
      }
    }

    @Test
    func `at info an order has four lines, and 3 KB`() async throws {
      let quiet = Dictionary(
        uniqueKeysWithValues: ServiceName.allCases.map { ("\($0)_LOG_LEVEL".uppercased(), "info") })
      try await withDeployment(environment: quiet) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let steps = try await deployment.eventually(
          "order", "widget", "10.00", "--approve", "--json",
          "--alpha", deployment.http(.alpha).base, "--beta", deployment.http(.beta).base)
        let work = try #require(steps.objects.first?["requestId"].string)
        let lines = ServiceName.allCases.flatMap { deployment.lines($0) }
          .filter { $0.correlationID == work }
        #expect(
          lines.map(\.message) == [
            "order.approved emitted", "order.finalized emitted", "order.captured emitted",
            "order.charged emitted",
          ])
        let bytes = lines.reduce(0) { $0 + $1.text.utf8.count + 1 }
        #expect(bytes <= 3 * 1024, "\(bytes) bytes")
      }
    }
  }
}

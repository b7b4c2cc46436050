import Foundation
import Testing

extension Stories {
  /// The exports for other languages and tools, checked by an independent validator.
  @Suite("Schemas for others", .serialized, .timeLimit(.minutes(1)))
  struct SchemaExports {
    @Test(.enabled(if: Interop.isInstalled, Interop.remedy))
    func `Every golden file is valid by what is exported, and wrong ones are not`() async throws {
      try await withDeployment { deployment in
        let child = try ChildProcess(
          Interop.python,
          [
            "\(Interop.folder)/validate_schemas.py", try Programs.path("eventually"),
            "\(Interop.root)/Sources/Schema/Golden",
          ], folder: deployment.folder)
        let ending = try await child.ending()
        #expect(ending == .exited(0), "\(child.lines.all.map(\.text))")
        let line = try #require(child.lines.all.last?.text)
        #expect(line.hasPrefix("12 golden files are valid, "), "\(line)")
      }
    }

    @Test(.enabled(if: Interop.isInstalled, Interop.remedy))
    func `Every service describes its routes as OpenAPI has it`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var addresses: [String] = []
        for service in ServiceName.allCases {
          addresses.append(try await deployment.http(service).base + "/openapi.json")
        }
        let child = try ChildProcess(
          Interop.python, ["\(Interop.folder)/validate_openapi.py"] + addresses,
          folder: deployment.folder)
        #expect(try await child.ending() == .exited(0), "\(child.lines.all.map(\.text))")
        #expect(child.lines.all.count == ServiceName.allCases.count)
      }
    }

    @Test(.enabled(if: Interop.isInstalled, Interop.remedy))
    func `Every event, sample or received, is a CloudEvent by its library and its schema`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start()
        let orders = [
          try await deployment.order("widget", price: 1000),
          try await deployment.order("test-decline-51", price: 1000),
        ]
        try await deployment.finished(orders)
        // It waits until Overlord has all of them.
        #expect(try await deployment.events().count == 9)
        let child = try ChildProcess(
          Interop.python,
          [
            "\(Interop.folder)/validate_cloudevents.py", try Programs.path("eventually"),
            try await deployment.http(.overlord).base,
          ], folder: deployment.folder)
        #expect(try await child.ending() == .exited(0), "\(child.lines.all.map(\.text))")
        let line = try #require(child.lines.all.last?.text)
        #expect(
          line.hasPrefix(
            """
            12 samples and 9 events are CloudEvents, 189 broken ones are refused by the library \
            and 378 by the schema
            """),
          "\(line)")
      }
    }

    @Test
    func `Overlord serves what the command prints`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(.overlord)
        let overlord = try await deployment.http(.overlord)
        for format in ["json-schema", "asyncapi", "cloudevents"] {
          let child = try deployment.run(
            "eventually", ["schema", "export", "--json", "--format", format])
          #expect(try await child.ending() == .exited(0))
          let printed = try JSON(Data(try #require(child.lines.all.first).text.utf8))
          let answer = try await overlord.get("/schemas/\(format).json")
          #expect(answer.status == 200)
          #expect(answer.json == printed)
        }
        let schema = try await overlord.get("/schemas/order.captured.v1.json")
        #expect(schema.header("Content-Type") == "application/schema+json")
        #expect(schema.json["$id"] == "urn:eventually:schema:order.captured:1")
        #expect(try await overlord.get("/schemas/order.captured.v9.json").status == 404)
        let page = try await overlord.get("/schemas")
        #expect(page.header("Content-Type") == "text/html; charset=utf-8")
        #expect(String(decoding: page.body, as: UTF8.self).contains("promise?.fee.amount"))
      }
    }
  }
}

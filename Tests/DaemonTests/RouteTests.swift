import Events
import Foundation
import HTTPTypes
import Journal
import Runtime
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

@Suite("Routes", .timeLimit(.minutes(1)))
struct RouteTests {
  @Test("a path without parameters goes before one with them")
  func literalFirst() throws {
    #expect(try Desk().answer(.get, "/api/things/first").document.string == "the first")
  }

  @Test(
    "queries and forms are decoded, and malformed escapes are no fields",
    arguments: [
      ("a=1&b=%C3%A9+%2B&c", ["a": "1", "b": "é +", "c": ""]), ("", [:]), ("a=%zz", nil),
      ("a=%C3", nil), ("a=%+1", nil), ("a=1&a=2", nil),
    ] as [(String, [String: String]?)])
  func fields(text: String, fields: [String: String]?) {
    #expect((try? FormText.fields(text)) == fields)
  }

  @Test("a parameter that a route does not take is refused with those that it takes")
  func unknownParameter() throws {
    let answer = try Desk().answer(.get, "/api/things?befor=1")
    #expect(answer.status == .unprocessableContent)
    #expect(try answer.document["detail"]?.string == "“befor” is not a parameter of /api/things.")
    #expect(try answer.document["remedy"]?.string == "Use one of before, limit.")
  }

  @Test("a list is continued with “next” until it is null, newest first")
  func paging() throws {
    let desk = try Desk()
    for number in 1...5 {
      _ = desk.answer(.post, "/api/things", #"{"name":"\#(number)","price":1}"#)
    }
    var names: [[String]] = []
    var target = "/api/things?limit=2"
    while true {
      let part = try desk.answer(.get, target).document
      guard case .array(let things)? = part["things"] else { break }
      names.append(things.compactMap { $0["name"]?.string })
      guard let next = part["next"]?.string else {
        #expect(part["next"] == .null)
        break
      }
      target = "/api/things?limit=2&before=\(next)"
    }
    #expect(names == [["5", "4"], ["3", "2"], ["1"]])
  }

  @Test(
    "a limit is 1 to 500, and 50 by default",
    arguments: [("", 50), ("?limit=1", 1), ("?limit=500", 500)])
  func limits(query: String, limit: Int) throws {
    #expect(try Desk().request(.get, "/api/things\(query)").page(by: Int64.self).limit == limit)
  }

  @Test(
    "a limit or a cursor that is none is refused",
    arguments: [
      "limit=0", "limit=501", "limit=x", "before=x", "after=",
    ])
  func badPages(query: String) throws {
    let request = try Desk().request(.get, "/api/things?\(query)")
    #expect(throws: Problem.self) { try request.page(by: Int64.self) }
  }

  @Test("a list may be continued by identifiers, oldest first")
  func pagingByIdentifier() throws {
    let desk = try Desk()
    for _ in 0..<3 { _ = desk.answer(.post, "/api/things", #"{"name":"a","price":1}"#) }
    let ids = try desk.assembly.journal.read { snapshot in
      func part(_ query: String) throws -> Page<Identifier> {
        let page = try desk.request(.get, "/x?\(query)").page(by: Identifier.self)
        let rows = try snapshot.rows(
          "SELECT * FROM things" + page.oldestFirst(by: "id", where: "price = \(1)"))
        return page.cut(try rows.map { try Thing($0).id }) { $0 }
      }
      let first = try part("limit=2")
      let rest = try part("limit=2&after=\(first.next ?? "")")
      #expect(rest.next == nil)
      return first.items + rest.items
    }
    #expect(ids.count == 3)
    #expect(ids.map(\.description) == ids.map(\.description).sorted())
  }

  @Test("a form from the service's own page is taken and answered with a redirect")
  func form() throws {
    let desk = try Desk()
    let answer = desk.answer(
      .post, "/things", "name=a+%26+b",
      headers: [
        .contentType: "application/x-www-form-urlencoded", .origin: "http://localhost:3995",
        .host: "localhost:3995",
      ])
    #expect(answer.status == .seeOther)
    #expect(answer.headers[.location] == "/things")
    #expect(try desk.thingCount == 1)
  }

  @Test("a browser's form reaches its own service over HTTP", .timeLimit(.minutes(1)))
  func formOverHTTP() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let answer = try await exchange(
        port,
        request(
          "POST", "/things",
          ["Content-Type: application/x-www-form-urlencoded", "Origin: http://localhost:\(port)"],
          body: "name=a"))
      #expect(answer.status == 303)
      #expect(answer.headers["location"] == "/things")
    }
    #expect(try desk.thingCount == 1)
  }

  @Test("fields that the type does not know are ignored")
  func unknownFields() throws {
    let answer = try Desk().answer(
      .post, "/api/things", #"{"name":"a","price":1,"colour":{"deep":[null]}}"#)
    #expect(answer.status == .created)
  }

  @Test("a body of 64 KiB is taken, by its length and in chunks", .timeLimit(.minutes(1)))
  func largestBody() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let small = #"{"name":"a","price":1}"#
      let body = small + String(repeating: " ", count: 65_536 - small.utf8.count)
      let json = "Content-Type: application/json; charset=utf-8"
      let whole = try await exchange(port, request("POST", "/api/things", [json], body: body))
      #expect(whole.status == 201)
      func chunked(_ body: String) -> String {
        let head = request("POST", "/api/things", [json, "Transfer-Encoding: chunked"])
        return head + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
      }
      #expect(try await exchange(port, chunked(body)).status == 201)
      #expect(try await exchange(port, chunked(body + " ")).status == 413)
    }
  }

  @Test("HEAD is answered like GET, without the body", .timeLimit(.minutes(1)))
  func head() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let answer = try await exchange(port, request("HEAD", "/api/things"))
      #expect(answer.status == 200)
      #expect(answer.body.isEmpty)
      #expect(answer.headers["content-length"] == "\(#"{"next":null,"things":[]}"#.utf8.count)")
    }
  }

  @Test("a shutdown waits for the request in flight, and takes no other", .timeLimit(.minutes(1)))
  func gracefulShutdown() async throws {
    let desk = try Desk()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let gate = DispatchSemaphore(value: 0)
    let slow = Route.command(.post, "/api/slow") { _, _ in
      begin.yield()
      gate.wait()
      return try .json("done")
    }
    try await withServer(desk, extra: [slow]) { port, group in
      async let answer = exchange(port, request("POST", "/api/slow"))
      for await _ in begun { break }
      await group.triggerGracefulShutdown()
      gate.signal()
      let done = try await answer
      #expect(done.status == 200)
      #expect(try done.document.string == "done")
    }
  }
}
